import { LocalExchange } from '../../src/domain/exchange.js';
import type { Message } from '../../src/domain/message.js';
import type { Sender } from '../../src/ports/exchange.js';
import type { Batch, Journal, JournalFailure } from '../../src/ports/journal.js';
import { type Make, makeExchange, partsOf } from './run.js';

/** Gives each receipt before the commit that it is for. */
class Hasty extends LocalExchange {
  override send(message: Message, sender: Sender, tag: string): void {
    let told = false;
    let refused = false;
    super.send(
      message,
      {
        accepted: (_tag, duplicate) => {
          if (!told) sender.accepted(tag, duplicate);
          told = true;
        },
        refused: (_tag, refusal) => {
          refused = true;
          if (!told) sender.refused(tag, refusal);
          told = true;
        },
      },
      tag,
    );
    if (told || refused || message.options.receipt === 'done') return;
    told = true;
    sender.accepted(tag, false);
  }
}

/** The journal hears something else than what it is told. */
function mishearing(change: (batch: Batch) => Batch): Make {
  return (scene, failed) => {
    const journal: Journal = Object.create(scene.journal, {
      commit: {
        value: (batch: Batch, done: (failure?: JournalFailure) => void) => scene.journal.commit(change(batch), done),
      },
      read: { value: scene.journal.read.bind(scene.journal) },
      restore: { value: scene.journal.restore.bind(scene.journal) },
    }) as Journal;
    return new LocalExchange({ ...partsOf(scene, failed), journal });
  };
}

/** Made as the faults below are, but without one. */
export const SOUND: Make = mishearing((batch) => batch);

/** Faults that somebody could make, each by what is wrong with it. */
export const FAULTS: Readonly<Record<string, Make>> = {
  'receipts come before their commits': (scene, failed) => new Hasty(partsOf(scene, failed)),
  'attempts and leases are not kept': mishearing((batch) => ({ ...batch, delivered: [] })),
  'ids of what is finished are not kept': mishearing((batch) => ({ ...batch, remembered: [] })),
  'what is finished comes back': mishearing((batch) => ({ ...batch, removed: [] })),
  'a paused address is not paused after a restart': mishearing((batch) => ({ ...batch, paused: [] })),
  'dead letters stay where they were': mishearing((batch) => ({ ...batch, moved: [] })),
  'leases never run out': (scene, failed) => {
    const exchange = makeExchange(scene, failed);
    const { keep } = exchange;
    exchange.keep = (delivery) => keep.call(exchange, delivery, 1e9);
    return exchange;
  },
  'messages that are given back go to the end': (scene, failed) => {
    const exchange = makeExchange(scene, failed);
    const { giveBack } = exchange;
    exchange.giveBack = (delivery, delay) => giveBack.call(exchange, delivery, Math.max(delay, 500));
    return exchange;
  },
};
