import type { Outcome, StoredId } from '../ports/journal.js';
import { hashOf } from './hash.js';
import { KnownId } from './known-id.js';

/** Ids there is room for at first; a power of two. */
const FEWEST = 1024;
/** Bytes of an address and an id, as they are guessed when there is room to be made. */
const USUAL = 48;
/** Outcomes by their codes in `states`, where those of ids that are of no more use are `GONE`. */
const OUTCOMES: readonly (Outcome | undefined)[] = [undefined, 'done', 'dead', 'expired'];
const WAITS = 0;
const GONE = 4;

/**
 * Ids from before a restart. A million of them can come at once, while everybody waits for the broker: so they are not
 * objects, which would have to be made, sorted into a `Map` and moved about by the collector, but numbers in few arrays,
 * found through a table of open addressing. None comes after the restore; each is taken out, and when the last is, all
 * memory is given back.
 */
export class RestoredIds {
  #count = 0;
  #left = 0;
  /** The first of those that were finished before the restart and are not forgotten yet. */
  #finished = 0;

  /** Addresses and ids, a byte per character, one after the other. */
  #names = new Uint8Array(0);
  #columns = new Columns(0);
  /** One more than the index of an id; 0: free. Twice as many as there is room for ids. */
  #slots = new Int32Array(0);

  /** @param seed makes it unforeseeable which ids share a slot */
  constructor(private readonly seed: number) {}

  get size(): number {
    return this.#left;
  }

  /** When the next one is to be forgotten; Infinity: none. */
  get next(): number {
    return this.#finished < this.#count
      ? (this.#columns.forgetAts[this.#finished] as number)
      : Number.POSITIVE_INFINITY;
  }

  /** Its message waits on disk. Comes before all that are finished. */
  addWaiting(address: string, id: string, fingerprint: number, seq: number): void {
    this.#add(address, id, WAITS, fingerprint, seq, Number.POSITIVE_INFINITY);
    this.#finished = this.#count;
  }

  /** In the order in which they are forgotten. */
  addFinished({ address, id, fingerprint, outcome, number, forgetAt }: StoredId): void {
    this.#add(address, id, OUTCOMES.indexOf(outcome), fingerprint, number, forgetAt);
  }

  /** Finds an id. One whose message waits is taken out: from now on it is the caller's. */
  take(address: string, id: string): KnownId | undefined {
    if (this.#left === 0) return undefined;
    const index = this.#find(address, id);
    if (index < 0) return undefined;
    const state = this.#columns.states[index] as number;
    const known = new KnownId(address, id, this.#columns.fingerprints[index] as number, 0);
    if (state === WAITS) {
      known.seq = this.#columns.numbers[index] as number;
      this.#remove(index);
    } else {
      known.outcome = OUTCOMES[state];
      known.number = this.#columns.numbers[index] as number;
      known.forgetAt = this.#columns.forgetAts[index] as number;
    }
    return known;
  }

  /** Forgets the next one, if its time has come, and returns its number; 0: there was none. */
  forget(now: number): number {
    if (this.next > now) return 0;
    const index = this.#finished++;
    const number = this.#columns.numbers[index] as number;
    this.#remove(index);
    return number;
  }

  #add(address: string, id: string, state: number, fingerprint: number, number: number, forgetAt: number): void {
    const index = this.#count++;
    if (index === this.#columns.room) this.#makeRoom();
    const from = index === 0 ? 0 : (this.#columns.ends[2 * index - 1] as number);
    const middle = this.#write(address, from);
    this.#columns.ends[2 * index] = middle;
    this.#columns.ends[2 * index + 1] = this.#write(id, middle);
    this.#columns.hashes[index] = this.#hash(address, id);
    this.#columns.states[index] = state;
    this.#columns.fingerprints[index] = fingerprint;
    this.#columns.numbers[index] = number;
    this.#columns.forgetAts[index] = forgetAt;
    this.#link(index);
    this.#left++;
  }

  /** Returns where it ends. */
  #write(text: string, from: number): number {
    const end = from + text.length;
    if (end > this.#names.length) this.#lengthen(end);
    for (let i = 0; i < text.length; i++) this.#names[from + i] = text.charCodeAt(i);
    return end;
  }

  #lengthen(least: number): void {
    const before = this.#names;
    this.#names = new Uint8Array(Math.max(2 * before.length, least));
    this.#names.set(before);
  }

  #hash(address: string, id: string): number {
    return hashOf(id, hashOf(address, this.seed));
  }

  /** Puts an index into the first free slot from where its hash points to. */
  #link(index: number): void {
    const mask = this.#slots.length - 1;
    let slot = (this.#columns.hashes[index] as number) & mask;
    while (this.#slots[slot] !== 0) slot = (slot + 1) & mask;
    this.#slots[slot] = index + 1;
  }

  /** Returns its index; -1: it is not there. */
  #find(address: string, id: string): number {
    const hash = this.#hash(address, id);
    const mask = this.#slots.length - 1;
    for (let slot = hash & mask; this.#slots[slot] !== 0; slot = (slot + 1) & mask) {
      const index = (this.#slots[slot] as number) - 1;
      if (this.#columns.hashes[index] === hash && this.#columns.states[index] !== GONE && this.#is(index, address, id))
        return index;
    }
    return -1;
  }

  #is(index: number, address: string, id: string): boolean {
    const from = index === 0 ? 0 : (this.#columns.ends[2 * index - 1] as number);
    const middle = this.#columns.ends[2 * index] as number;
    const end = this.#columns.ends[2 * index + 1] as number;
    return this.#reads(address, from, middle) && this.#reads(id, middle, end);
  }

  #reads(text: string, from: number, end: number): boolean {
    if (text.length !== end - from) return false;
    for (let i = 0; i < text.length; i++) if (this.#names[from + i] !== text.charCodeAt(i)) return false;
    return true;
  }

  #remove(index: number): void {
    this.#columns.states[index] = GONE;
    this.#left--;
    if (this.#left === 0) this.#empty();
  }

  #makeRoom(): void {
    const room = Math.max(FEWEST, 2 * this.#columns.room);
    this.#columns = new Columns(room, this.#columns);
    if (this.#names.length === 0) this.#names = new Uint8Array(room * USUAL);
    this.#slots = new Int32Array(2 * room);
    for (let index = 0; index < this.#count - 1; index++) this.#link(index);
  }

  #empty(): void {
    this.#count = 0;
    this.#finished = 0;
    this.#names = new Uint8Array(0);
    this.#columns = new Columns(0);
    this.#slots = new Int32Array(0);
  }
}

/** What is known of each id, by its index. */
class Columns {
  /** Where in the names an address ends, and at the next place, its id. */
  readonly ends: Uint32Array;
  readonly hashes: Int32Array;
  readonly states: Uint8Array;
  readonly fingerprints: Float64Array;
  /** `seq` of a message that waits, `number` of one that is finished. */
  readonly numbers: Float64Array;
  readonly forgetAts: Float64Array;

  /** @param before what it begins with */
  constructor(
    readonly room: number,
    before?: Columns,
  ) {
    this.ends = new Uint32Array(2 * room);
    this.hashes = new Int32Array(room);
    this.states = new Uint8Array(room);
    this.fingerprints = new Float64Array(room);
    this.numbers = new Float64Array(room);
    this.forgetAts = new Float64Array(room);
    if (before === undefined) return;
    this.ends.set(before.ends);
    this.hashes.set(before.hashes);
    this.states.set(before.states);
    this.fingerprints.set(before.fingerprints);
    this.numbers.set(before.numbers);
    this.forgetAts.set(before.forgetAts);
  }
}
