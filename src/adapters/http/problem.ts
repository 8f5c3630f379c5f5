import { STATUS_CODES } from 'node:http';
import { ResponseHead } from './head/response.js';

/** An answer of the proxy's own: a status, and a line of text for people. */
export class Problem {
  constructor(
    readonly status: number,
    readonly text: string,
    /** Seconds after which it is worth trying again. */
    readonly retryAfter?: number,
  ) {}

  get body(): string {
    return `${this.status} ${STATUS_CODES[this.status]}: ${this.text}\n`;
  }

  /** Name, value, name, value. */
  get headers(): string[] {
    const headers = ['Content-Type', 'text/plain; charset=utf-8', 'Content-Length', String(this.body.length)];
    if (this.retryAfter !== undefined) headers.push('Retry-After', String(this.retryAfter));
    return headers;
  }

  get head(): ResponseHead {
    return new ResponseHead(this.status, undefined, this.headers, this.body.length, false);
  }

  /**
   * For where there is no response object to write it with; the connection is to be closed after it.
   * @param wall milliseconds since 1970
   */
  toBytes(wall: number, method?: string): string {
    const fields = [...this.headers, 'Date', new Date(wall).toUTCString(), 'Connection', 'close'];
    let head = `HTTP/1.1 ${this.status} ${STATUS_CODES[this.status]}\r\n`;
    for (let i = 0; i < fields.length; i += 2) head += `${fields[i]}: ${fields[i + 1]}\r\n`;
    return `${head}\r\n${method === 'HEAD' ? '' : this.body}`;
  }
}

/** What is wrong with bytes that node:http could not take; `code` is its name for it. */
export function clientProblem(code: string | undefined): Problem {
  switch (code) {
    case 'HPE_HEADER_OVERFLOW':
      return new Problem(431, 'the head of the request is too long');
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return new Problem(408, 'the request did not come in time');
    case 'HPE_CHUNK_EXTENSIONS_OVERFLOW':
      return new Problem(413, 'the chunk extensions are too long');
    default:
      return new Problem(400, 'this is not a valid HTTP request');
  }
}
