import type { Journal } from '../../../src/ports/journal.js';
import { describeExchange, type ExchangeUnderTest } from '../../contract/exchange.js';
import { FakeJournal } from '../../support/journal.js';
import { Remote } from '../../support/remote.js';

async function remote(journal?: Journal): Promise<ExchangeUnderTest> {
  const world = await Remote.start(journal);
  return {
    exchange: world.exchange,
    finishedAtOnce: 'over a socket a message without a lease is finished when its bytes have left',
    advance: (milliseconds) => world.advance(milliseconds),
    settled: () => world.settled(),
    close: () => world.close(),
  };
}

describeExchange('RemoteExchange', () => remote());
describeExchange('RemoteExchange to a broker with a journal', () => remote(new FakeJournal()));
