import type { ResponseHead } from '../head/response.js';
import type { Outgoing } from '../outgoing.js';
import type { Line } from './line.js';

/** Characters that may gather before whoever gives them should wait. */
const MANY = 64 * 1024;
const LAST_CHUNK = '0\r\n\r\n';

/** How the heads of responses end. */
export interface Ends {
  /** @param dated there is a Date already; @param last no other request is taken */
  end(dated: boolean, last: boolean, chunked: boolean): string;
}

/** The response to a plain request. */
export class PlainResponse implements Outgoing {
  /** The one behind it in line. */
  next: PlainResponse | undefined = undefined;
  /** What gathers until it is its turn. */
  #text = '';
  #tasks: (() => void)[] | undefined = undefined;
  #chunked = false;
  #ended = false;
  #finished = false;
  #broken = false;
  #drained: (() => void) | undefined = undefined;
  #done: (() => void) | undefined = undefined;

  constructor(
    private readonly line: Line,
    private readonly ends: Ends,
    private readonly forHead: boolean,
    /** No other request is taken behind its own. */
    public last: boolean,
  ) {}

  get taken(): boolean {
    return this.#finished;
  }

  get finished(): boolean {
    return this.#finished;
  }

  begin(head: ResponseHead, last: boolean): void {
    const silent = head.bodiless || this.forHead;
    this.#chunked = !silent && head.length === undefined;
    this.last ||= last;
    this.#text += head.upTo(this.ends.end(head.dated, this.last, this.#chunked));
  }

  write(bytes: string, taken: () => void): boolean {
    const text = this.#framed(bytes);
    if (this.line.isFirst(this)) {
      this.#text = '';
      return this.line.write(text, taken);
    }
    this.#text = text;
    this.#tasks ??= [];
    this.#tasks.push(taken);
    return text.length < MANY;
  }

  end(bytes: string): void {
    this.#ended = true;
    this.#text = this.#framed(bytes);
    if (this.#chunked) this.#text += LAST_CHUNK;
    if (this.line.isFirst(this)) this.#give();
  }

  onceDrained(then: () => void): void {
    this.#drained = then;
  }

  onceFinished(then: () => void): void {
    const others = this.#done;
    this.#done = () => {
      others?.();
      then();
    };
  }

  askForBody(): void {
    throw new Error('a plain request has its body');
  }

  destroy(): void {
    this.#broken = true;
    if (this.line.isFirst(this)) this.line.breakOff();
  }

  /** Those before it are done. */
  itsTurn(): void {
    if (this.#ended || this.#tasks !== undefined) this.#give();
    if (this.#broken) this.line.breakOff();
  }

  /** What it gave before keeps pace again. */
  drained(): void {
    const then = this.#drained;
    this.#drained = undefined;
    then?.();
  }

  /** The client's side has all of it. */
  left(): void {
    this.#finished = true;
    this.#done?.();
  }

  #framed(bytes: string): string {
    if (!this.#chunked || bytes === '') return this.#text + bytes;
    return `${this.#text}${bytes.length.toString(16)}\r\n${bytes}\r\n`;
  }

  #give(): void {
    const [text, tasks = []] = [this.#text, this.#tasks];
    this.#text = '';
    this.#tasks = undefined;
    if (this.#ended && tasks.length === 0) this.line.end(this, text);
    else {
      this.line.write(text, () => {
        for (const task of tasks) task();
      });
      if (this.#ended) this.line.end(this, '');
    }
  }
}
