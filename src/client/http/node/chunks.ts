const NOTHING = Buffer.alloc(0);
const LF = 10;

/** Takes chunked coding off a body (RFC 9112, 7.1), as node:http writes it; trailers are dropped. */
export class Chunks {
  /** All is there. */
  over = false;
  #state: 'size' | 'data' | 'end' | 'trailer' = 'size';
  /** Of the chunk that is being read. */
  #left = 0;
  /** Of a line that is not complete. */
  #line = '';

  /** What is in them of the body. */
  read(bytes: Buffer): Buffer {
    const parts: Buffer[] = [];
    let at = 0;
    while (at < bytes.length && !this.over) {
      if (this.#state === 'data') {
        const part = bytes.subarray(at, at + this.#left);
        parts.push(part);
        at += part.length;
        this.#left -= part.length;
        if (this.#left === 0) this.#state = 'end';
        continue;
      }
      const lineEnd = bytes.indexOf(LF, at);
      this.#line += bytes.toString('latin1', at, lineEnd === -1 ? bytes.length : lineEnd);
      if (lineEnd === -1) break;
      at = lineEnd + 1;
      this.#take(this.#line.trimEnd());
      this.#line = '';
    }
    return parts.length === 1 ? (parts[0] as Buffer) : parts.length === 0 ? NOTHING : Buffer.concat(parts);
  }

  #take(line: string): void {
    if (this.#state === 'size') {
      this.#left = Number.parseInt(line, 16);
      this.#state = this.#left === 0 ? 'trailer' : 'data';
    } else if (this.#state === 'end') {
      this.#state = 'size';
    } else {
      this.over = line === '';
    }
  }
}
