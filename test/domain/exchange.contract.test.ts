import { MemoryJournal } from '../../src/adapters/journal/memory/journal.js';
import type { Journal } from '../../src/ports/journal.js';
import { describeExchange, type ExchangeUnderTest } from '../contract/exchange.js';
import { World } from '../support/exchange.js';
import { FakeJournal } from '../support/journal.js';

function local(journal: Journal): ExchangeUnderTest {
  const { exchange, clock, turn } = new World({ journal });
  return {
    exchange,
    advance: (milliseconds) => {
      clock.advance(milliseconds);
      turn.end();
    },
    settled: () => turn.end(),
    close: () => exchange.stop(),
  };
}

describeExchange('LocalExchange', () => local(new MemoryJournal()));
describeExchange('LocalExchange with a journal', () => local(new FakeJournal()));
