import fc from 'fast-check';
import type { Batch, Moved, Stored } from '../../src/ports/journal.js';
import type { Kept } from '../support/kept.js';
import { batch, delivery, finished, stored } from './journal-parts.js';

const ADDRESSES = ['a', 'b', '~m', '~m~1', '~m~2'];

const anyAddress = fc.constantFrom(...ADDRESSES);
const anyBody = fc
  .array(fc.integer({ min: 0, max: 255 }), { maxLength: 40 })
  .map((codes) => String.fromCharCode(...codes));
/** Small, so that many are the same. */
const anyTime = fc.nat(20);
/** Whichever message there is, or was, or never was. */
const anySeq = fc.nat(60);

const anyMessage = fc.record({
  to: anyAddress,
  body: anyBody,
  due: anyTime,
  ready: fc.oneof(fc.constant(0), anyTime),
  id: fc.option(fc.constantFrom('x', 'y'), { nil: undefined }),
  once: fc.boolean(),
});
const anyDelivery = fc.record({
  seq: anySeq,
  attempts: fc.nat(9),
  name: fc.option(fc.constantFrom('p', 'q'), { nil: undefined }),
  until: anyTime,
  answered: fc.boolean(),
});
const anyWanted = fc.oneof(
  fc.record({ of: fc.constant('queue' as const), queue: anyAddress, after: anySeq }),
  fc.record({ of: fc.constantFrom('due' as const, 'ready' as const), by: anyTime }),
);

/** A batch in the making, and what to read after it. */
export interface Step {
  readonly messages: readonly { to: string; body: string; due: number; ready: number; id?: string; once: boolean }[];
  readonly moves: readonly { from: number; at: string; ready: number }[];
  readonly ends: readonly number[];
  readonly deliveries: readonly Parameters<typeof delivery>[1][];
  readonly remembered: number;
  readonly forgotten: number;
  readonly paused: readonly string[];
  readonly resumed: readonly string[];
  readonly reads: { readonly wanted: Parameters<Kept['read']>[0]; readonly count: number; readonly size: number };
}

const few = <T>(one: fc.Arbitrary<T>) => fc.array(one, { maxLength: 5 });

/** A batch, or that the broker is started anew. */
export const anyStep: fc.Arbitrary<Step | 'reopen'> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      messages: few(anyMessage),
      moves: few(fc.record({ from: anySeq, at: anyAddress, ready: fc.constantFrom(0, 0, 5) })),
      ends: few(anySeq),
      deliveries: few(anyDelivery),
      remembered: fc.nat(3),
      forgotten: fc.nat(20),
      paused: few(anyAddress),
      resumed: few(anyAddress),
      reads: fc.record({ wanted: anyWanted, count: fc.nat(10), size: fc.nat(100) }),
    }) as fc.Arbitrary<Step>,
  },
  { weight: 1, arbitrary: fc.constant('reopen' as const) },
);

/** The batch of a step, as a broker with these messages could make it. */
export function changesOf(step: Step, model: Kept): Batch {
  let seq = model.lastSeq;
  let number = Math.max(0, ...model.ids.keys());
  const added = step.messages.map(({ to, body, due, ready, id, once }) => {
    return stored(++seq, { to, body, options: id === undefined ? {} : { id, once } }, { due, ready });
  });
  const places = new Map([...model.messages, ...added.map((one) => [one.seq, one] as const)]);
  const moved: Moved[] = [];
  for (const { from, at, ready } of step.moves) {
    const before: Stored = places.get(from) ?? stored(from + 1000);
    const after = stored(++seq, {}, { ...before, seq, at, queue: at.slice(0, 2), ready, attempts: 3 });
    moved.push({ from, stored: after });
    if (places.delete(from)) places.set(seq, after);
  }
  const { remembered, forgotten, paused, resumed } = step;
  return batch(added, step.ends, seq, {
    moved,
    delivered: step.deliveries.map((parts) => delivery(0, parts)),
    remembered: Array.from({ length: remembered }, () => finished(++number)),
    forgotten,
    paused,
    resumed,
  });
}
