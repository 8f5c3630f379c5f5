const LF = 10;
const CR = 13;
const BLANK = 32;
const TAB = 9;

/** The largest number that 2010 could hold; more is refused. */
const LARGEST = 2 ** 31 - 1;
/** Words noted of one line; no command has more, so that what is past them need only be counted. */
const NOTED = 16;
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

  /** The word; empty if it is not there. */
  text(index: number): string {
    if (index >= this.count) return '';
    const start = this.#starts[index] as number;
    const end = this.#ends[index] as number;
    const slot = (this.#hashes[index] as number) & (KNOWN - 1);
    const known = this.#known[slot];
    if (known !== undefined && this.#reads(known, start, end)) return known;
    const text = this.#data.toString('latin1', start, end);
    if (text.length <= 255) this.#known[slot] = text;
    return text;
  }

  #reads(text: string, start: number, end: number): boolean {
    if (text.length !== end - start) return false;
    for (let i = start; i < end; i++) {
      if (this.#data[i] !== text.charCodeAt(i - start)) return false;
    }
    return true;
  }

  /** The words from `index` on, as far as they are noted. */
  texts(index: number): string[] {
    const texts: string[] = [];
    for (let i = index; i < this.count && i < NOTED; i++) texts.push(this.text(i));
    return texts;
  }

  /** All from word `index` to the end of the line, blanks included. */
  rest(index: number): string {
    if (index >= this.count) return '';
    const start = this.#starts[index] as number;
    const end = this.#data.indexOf(LF, start);
    return this.#data.toString('latin1', start, end).trimEnd();
  }

  /** A whole number of 0 or more in decimal digits; -1 if it is none. */
  length(index: number): number {
    if (index >= this.count) return -1;
    return this.#digits(this.#starts[index] as number, this.#ends[index] as number);
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
