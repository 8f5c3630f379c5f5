const LF = 10;
const CR = 13;
const BLANK = 32;
const TAB = 9;
const EQUALS = 0x3d;
const POINT = 0x2e;

/** The largest number that 2010 could hold; more is refused. */
const LARGEST = 2 ** 31 - 1;
/** Words noted of one line. What is past them is only counted: no command has so many, however many options are added to it. */
export const NOTED = 32;
/** Addresses come again and again: a string made once costs no copy, no second hashing, and no second place in memory. */
const KNOWN = 1024;

/**
 * The words of one line, read where they lie. The bytes are only lent: what is wanted of them must be taken before
 * the next line is read.
 */
export class Words {
  /** How many there are. */
  count = 0;
  #data: Buffer = Buffer.alloc(0);
  readonly #starts = new Int32Array(NOTED);
  readonly #ends = new Int32Array(NOTED);
  readonly #hashes = new Int32Array(NOTED);
  readonly #known: (string | undefined)[] = new Array(KNOWN).fill(undefined);
  /** Of the known, so that those of equal length that begin alike are told apart at once. */
  readonly #knownHashes = new Int32Array(KNOWN);

  /**
   * Reads a line.
   * @returns the position just past its LF; -1 if that does not come before `end`
   */
  read(data: Buffer, start: number, end: number): number {
    this.#data = data;
    this.count = 0;
    let wordStart = start;
    let hash = 0;
    for (let i = start; i < end; i++) {
      const byte = data[i] as number;
      if (byte > BLANK) {
        hash = (Math.imul(hash, 31) + byte) | 0;
      } else if (byte === BLANK || byte === LF || byte === TAB) {
        if (byte === LF) {
          this.#note(wordStart, i > wordStart && data[i - 1] === CR ? i - 1 : i, hash);
          return i + 1;
        }
        this.#note(wordStart, i, hash);
        wordStart = i + 1;
        hash = 0;
      }
    }
    return -1;
  }

  #note(start: number, end: number, hash: number): void {
    if (start === end) return;
    if (this.count < NOTED) {
      this.#starts[this.count] = start;
      this.#ends[this.count] = end;
      this.#hashes[this.count] = hash;
    }
    this.count++;
  }

  /** The word's only byte; -1 if it has more, or is not there. */
  sign(index: number): number {
    const start = this.#starts[index] as number;
    return index < this.count && this.#ends[index] === start + 1 ? (this.#data[start] as number) : -1;
  }

  /** The byte of which the word is made, twice; -1 if it is another word, or not there. */
  double(index: number): number {
    const start = this.#starts[index] as number;
    if (index >= this.count || this.#ends[index] !== start + 2) return -1;
    const byte = this.#data[start] as number;
    return this.#data[start + 1] === byte ? byte : -1;
  }

  /** Whether the word begins with this. */
  begins(index: number, text: string): boolean {
    if (index >= this.count) return false;
    const start = this.#starts[index] as number;
    if ((this.#ends[index] as number) - start < text.length) return false;
    for (let i = 0; i < text.length; i++) {
      if (this.#data[start + i] !== text.charCodeAt(i)) return false;
    }
    return true;
  }

  /** Whether there is a `=` in the word. */
  assigns(index: number): boolean {
    const end = index < this.count ? (this.#ends[index] as number) : 0;
    for (let i = this.#starts[index] as number; i < end; i++) {
      if (this.#data[i] === EQUALS) return true;
    }
    return false;
  }

  /** The word, from its byte `from` on. For what does not come again: it is not remembered. */
  tail(index: number, from: number): string {
    if (index >= this.count) return '';
    return this.#data.toString('latin1', (this.#starts[index] as number) + from, this.#ends[index] as number);
  }

  /** The word; empty if it is not there. */
  text(index: number): string {
    if (index >= this.count) return '';
    const start = this.#starts[index] as number;
    const end = this.#ends[index] as number;
    const hash = this.#hashes[index] as number;
    const slot = hash & (KNOWN - 1);
    const known = this.#known[slot];
    if (known !== undefined && this.#knownHashes[slot] === hash && this.#reads(known, start, end)) return known;
    const text = this.#data.toString('latin1', start, end);
    if (text.length > 255) return text;
    this.#known[slot] = text;
    this.#knownHashes[slot] = hash;
    return text;
  }

  #reads(text: string, start: number, end: number): boolean {
    if (text.length !== end - start) return false;
    for (let i = start; i < end; i++) {
      if (this.#data[i] !== text.charCodeAt(i - start)) return false;
    }
    return true;
  }

  /** The words from `index` to before `end`, as far as they are noted. */
  texts(index: number, end = this.count): string[] {
    const texts: string[] = [];
    for (let i = index; i < end && i < NOTED; i++) texts.push(this.text(i));
    return texts;
  }

  /** All from word `index` to the end of the line, blanks included. */
  rest(index: number): string {
    if (index >= this.count) return '';
    const start = this.#starts[index] as number;
    const end = this.#data.indexOf(LF, start);
    return this.#data.toString('latin1', start, end).trimEnd();
  }

  /** A whole number of 0 or more in decimal digits, from the word's byte `from` on; -1 if it is none. */
  length(index: number, from = 0): number {
    if (index >= this.count) return -1;
    return this.#digits((this.#starts[index] as number) + from, this.#ends[index] as number);
  }

  /**
   * Seconds, from the word's byte `from` on: 1 to 9 digits, then perhaps a point and 1 to 3 more.
   * @returns milliseconds; -1 if it is no such number
   */
  milliseconds(index: number, from = 0): number {
    if (index >= this.count) return -1;
    const start = (this.#starts[index] as number) + from;
    const end = this.#ends[index] as number;
    let point = start;
    while (point < end && this.#data[point] !== POINT) point++;
    const whole = point - start > 9 ? -1 : this.#digits(start, point);
    if (point === end || whole === -1) return whole === -1 ? -1 : 1000 * whole;
    const places = end - point - 1;
    const part = places > 3 ? -1 : this.#digits(point + 1, end);
    return part === -1 ? -1 : 1000 * whole + part * (places === 1 ? 100 : places === 2 ? 10 : 1);
  }

  /** Whole seconds, perhaps with a sign; a negative number counts as 0. -1 if it is no number. */
  seconds(index: number): number {
    if (index >= this.count) return -1;
    const start = this.#starts[index] as number;
    const end = this.#ends[index] as number;
    const sign = this.#data[start];
    if (sign !== 0x2d && sign !== 0x2b) return this.#digits(start, end);
    return sign === 0x2d ? this.#zeroIfDigits(start + 1, end) : this.#digits(start + 1, end);
  }

  /** However large a negative number is, it counts as 0. */
  #zeroIfDigits(start: number, end: number): number {
    for (let i = start; i < end; i++) {
      const digit = (this.#data[i] as number) - 48;
      if (digit < 0 || digit > 9) return -1;
    }
    return start === end ? -1 : 0;
  }

  #digits(start: number, end: number): number {
    let value = 0;
    for (let i = start; i < end; i++) {
      const digit = (this.#data[i] as number) - 48;
      if (digit < 0 || digit > 9) return -1;
      value = 10 * value + digit;
      if (value > LARGEST) return -1;
    }
    return start === end ? -1 : value;
  }
}
