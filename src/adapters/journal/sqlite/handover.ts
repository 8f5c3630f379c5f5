import { Message, type SendOptions, STANDARD } from '../../../domain/message.js';
import type { Batch, Moment, Outcome, Stored, StoredDelivery, StoredId } from '../../../ports/journal.js';
import { type Packed, Packer, Unpacker } from './packing.js';

/** What is usual of a message, and so not packed. */
const AT = 1;
const QUEUE = 2;
const OPTIONS = 4;

const OUTCOMES: readonly Outcome[] = ['done', 'dead', 'expired'];

/** A batch as it is handed over. */
export function packBatch({ added, moved, removed, delivered, remembered, forgotten, ...rest }: Batch): Packed {
  const to = new Packer();
  packAll(to, added, packStored);
  packAll(to, moved, (_, one) => {
    to.number(one.from);
    packStored(to, one.stored);
  });
  packAll(to, removed, packNumber);
  packAll(to, delivered, packDelivery);
  packAll(to, remembered, packId);
  to.number(forgotten);
  packAll(to, rest.paused, packText);
  packAll(to, rest.resumed, packText);
  packMoment(to, rest.moment);
  return to.pack();
}

export function unpackBatch(packed: Packed): Batch {
  const from = new Unpacker(packed);
  return {
    added: unpackAll(from, unpackStored),
    moved: unpackAll(from, () => ({ from: from.number(), stored: unpackStored(from) })),
    removed: unpackAll(from, () => from.number()),
    delivered: unpackAll(from, unpackDelivery),
    remembered: unpackAll(from, unpackId),
    forgotten: from.number(),
    paused: unpackAll(from, () => from.text()),
    resumed: unpackAll(from, () => from.text()),
    moment: unpackMoment(from),
  };
}

export function packMessages(messages: readonly Stored[]): Packed {
  const to = new Packer();
  packAll(to, messages, packStored);
  return to.pack();
}

export function unpackMessages(packed: Packed): Stored[] {
  return unpackAll(new Unpacker(packed), unpackStored);
}

function packAll<T>(to: Packer, all: readonly T[], pack: (to: Packer, one: T) => void): void {
  to.number(all.length);
  for (const one of all) pack(to, one);
}

function unpackAll<T>(from: Unpacker, unpack: (from: Unpacker) => T): T[] {
  const all: T[] = [];
  for (let left = from.number(); left > 0; left--) all.push(unpack(from));
  return all;
}

export function packNumber(to: Packer, number: number): void {
  to.number(number);
}

export function packText(to: Packer, text: string): void {
  to.text(text);
}

export function packStored(
  packer: Packer,
  { seq, queue, at, due, ready, attempts, fingerprint, message }: Stored,
): void {
  const { to, replyTo, body, timeout, options } = message;
  const usual = (at === to ? AT : 0) | (queue === to ? QUEUE : 0) | (options === STANDARD ? OPTIONS : 0);
  packer.number(usual);
  packer.number(seq);
  packer.number(due);
  packer.number(ready);
  packer.number(attempts);
  packer.number(fingerprint);
  packer.number(timeout);
  packer.text(to);
  packer.optional(replyTo);
  packer.text(body);
  if (at !== to) packer.text(at);
  if (queue !== to) packer.text(queue);
  if (options !== STANDARD) packOptions(packer, options);
}

export function unpackStored(from: Unpacker): Stored {
  const usual = from.number();
  const seq = from.number();
  const due = from.number();
  const ready = from.number();
  const attempts = from.number();
  const fingerprint = from.number();
  const timeout = from.number();
  const to = from.text();
  const replyTo = from.optional();
  const body = from.text();
  const at = usual & AT ? to : from.text();
  const queue = usual & QUEUE ? to : from.text();
  const options = usual & OPTIONS ? STANDARD : unpackOptions(from);
  return {
    seq,
    queue,
    at,
    due,
    ready,
    attempts,
    fingerprint,
    message: new Message(to, replyTo, body, timeout, options),
  };
}

function packOptions(to: Packer, { id, delay, attempts, once, dead, receipt }: SendOptions): void {
  to.optional(id);
  to.number(delay);
  to.number(attempts);
  to.number(once ? 1 : 0);
  to.optional(dead);
  to.number(receipt === 'done' ? 1 : 0);
}

function unpackOptions(from: Unpacker): SendOptions {
  return {
    id: from.optional(),
    delay: from.number(),
    attempts: from.number(),
    once: from.number() === 1,
    dead: from.optional(),
    receipt: from.number() === 1 ? 'done' : 'taken',
  };
}

export function packDelivery(to: Packer, { seq, attempts, name, until, answered }: StoredDelivery): void {
  to.number(seq);
  to.number(attempts);
  to.optional(name);
  to.number(until);
  to.number(answered ? 1 : 0);
}

export function unpackDelivery(from: Unpacker): StoredDelivery {
  return {
    seq: from.number(),
    attempts: from.number(),
    name: from.optional(),
    until: from.number(),
    answered: from.number() === 1,
  };
}

export function packId(to: Packer, { number, address, id, fingerprint, outcome, forgetAt }: StoredId): void {
  to.number(number);
  to.text(address);
  to.text(id);
  to.number(fingerprint);
  to.number(OUTCOMES.indexOf(outcome));
  to.number(forgetAt);
}

export function unpackId(from: Unpacker): StoredId {
  return {
    number: from.number(),
    address: from.text(),
    id: from.text(),
    fingerprint: from.number(),
    outcome: OUTCOMES[from.number()] as Outcome,
    forgetAt: from.number(),
  };
}

function packMoment(to: Packer, { running, wall }: Moment): void {
  to.number(running);
  to.number(wall);
}

function unpackMoment(from: Unpacker): Moment {
  return { running: from.number(), wall: from.number() };
}
