/** Numbers and texts one after another, as they are handed from one thread to another: that copies nothing. */
export interface Packed {
  readonly numbers: Float64Array<ArrayBuffer>;
  /** Of all texts, one byte for each of their characters. */
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** Characters after which a text is not joined with the next: a string can't be longer than half a gigabyte. */
const JOINED = 1024 * 1024;

/** Packs, in the order in which an `Unpacker` will be asked. */
export class Packer {
  readonly #numbers: number[] = [];
  /** Joined, as one large text is turned into bytes at a fraction of what many small ones take. */
  readonly #texts: string[] = [];
  #text = '';
  #length = 0;

  /** Bytes so far, roughly. */
  get size(): number {
    return this.#numbers.length * 8 + this.#length;
  }

  number(number: number): void {
    this.#numbers.push(number);
  }

  /** @param text one byte per character */
  text(text: string): void {
    this.#numbers.push(text.length);
    this.#length += text.length;
    this.#text += text;
    if (this.#text.length < JOINED) return;
    this.#texts.push(this.#text);
    this.#text = '';
  }

  optional(text: string | undefined): void {
    if (text === undefined) this.#numbers.push(-1);
    else this.text(text);
  }

  pack(): Packed {
    const bytes = Buffer.allocUnsafeSlow(this.#length);
    let at = 0;
    for (const text of [...this.#texts, this.#text]) at += bytes.write(text, at, 'latin1');
    return { numbers: Float64Array.from(this.#numbers), bytes: bytes as Uint8Array<ArrayBuffer> };
  }
}

/** What has to be handed over, and not copied, when this is sent to another thread. */
export function buffers({ numbers, bytes }: Packed): ArrayBuffer[] {
  return [numbers.buffer, bytes.buffer];
}

/** Reads what a `Packer` has packed, in the same order. */
export class Unpacker {
  readonly #numbers: Float64Array;
  readonly #bytes: Buffer;
  #next = 0;
  #at = 0;

  constructor({ numbers, bytes }: Packed) {
    this.#numbers = numbers;
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get empty(): boolean {
    return this.#next === this.#numbers.length;
  }

  number(): number {
    return this.#numbers[this.#next++] as number;
  }

  text(): string {
    return this.#take(this.number());
  }

  optional(): string | undefined {
    const length = this.number();
    return length < 0 ? undefined : this.#take(length);
  }

  #take(length: number): string {
    const from = this.#at;
    this.#at += length;
    return this.#bytes.toString('latin1', from, this.#at);
  }
}
