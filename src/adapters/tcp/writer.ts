import type { Duplex } from 'node:stream';
import type { Delivery } from '../../ports/exchange.js';
import type { Turn } from '../../ports/turn.js';
import { Sink } from '../../sockets/sink.js';

/**
 * Bytes written at once, at most. Of a write that fails we can't tell how far it got, and of one that is slow
 * whether it goes on at all: so they are not too large.
 */
const SEGMENT = 64 * 1024;

/** What is written at once, and the deliveries it carries. */
interface Segment {
  readonly text: string;
  readonly deliveries: readonly Delivery[];
}

/** Deliveries whose bytes have not left, oldest first. */
export interface Unsent {
  /** Of a write that was begun: the client may have all of it. */
  readonly begun: readonly Delivery[];
  /** The client has no more than the beginning of one of these. */
  readonly waiting: readonly Delivery[];
}

/** Who owns a writer. */
export interface WriterOwner {
  /** The bytes of these have left the broker. */
  written(deliveries: readonly Delivery[]): void;
  /** The kernel did not take a piece whole; called for each such piece. */
  blocked(): void;
  /** Everything given so far is written, be it that the kernel took it at once or slowly. */
  caughtUp(): void;
  /** All was written, and the stream was ended. */
  finished(): void;
}

/**
 * Joins the answers of one turn of the event loop and writes them once. At most one write is under way: what comes
 * meanwhile waits here, so that we know of each delivery whether its bytes have left.
 */
export class Writer {
  #text = '';
  #deliveries: Delivery[] = [];
  /** An empty one, to gather in next. */
  #spare: Delivery[] | undefined = [];
  #segments: Segment[] = [];
  /** What the kernel has not taken whole yet. */
  #underWay: Segment | undefined;
  #waitingBytes = 0;
  #asked = false;
  #ending = false;
  /** Writes of the stream: begun, and those that called back, which is late even where they are done at once. */
  #begun = 0;
  #ended = 0;
  readonly #sink: Sink;
  readonly #flush = () => this.flush();
  readonly #calledBack = (error?: Error | null) => this.#writeEnded(error);

  constructor(
    private readonly stream: Duplex,
    private readonly turn: Turn,
    private readonly owner: WriterOwner,
  ) {
    this.#sink = new Sink(stream);
  }

  /** Bytes given and not yet taken by the kernel. */
  get unwritten(): number {
    return this.#waitingBytes + (this.#underWay?.text.length ?? 0);
  }

  /** Whether anybody is there to read. */
  get isHeard(): boolean {
    return this.#sink.isHeard;
  }

  write(text: string): void {
    this.#makeWay(text);
    this.#add(text);
  }

  /** Writes what carries a delivery. */
  deliver(text: string, delivery: Delivery): void {
    this.#makeWay(text);
    this.#deliveries.push(delivery);
    this.#add(text);
  }

  /** Ends the stream once all is written. Nothing may be given after that. */
  end(): void {
    this.#ending = true;
    if (!this.#asked) this.flush();
  }

  /** Gives up. */
  abandon(): Unsent {
    this.#cut();
    const begun = this.#underWay?.deliveries ?? [];
    const waiting = this.#segments.flatMap((segment) => segment.deliveries);
    this.#segments = [];
    this.#underWay = undefined;
    this.#waitingBytes = 0;
    return { begun, waiting };
  }

  flush(): void {
    this.#asked = false;
    if (!this.#sink.isOpen) return;
    if (this.#underWay === undefined && this.#segments.length === 0 && this.#text !== '') this.#writeGathered();
    while (this.#underWay === undefined) {
      const segment = this.#take();
      if (segment === undefined) break;
      if (this.#write(segment.text)) this.#left(segment.deliveries);
      else this.#block(segment);
    }
    if (this.#underWay !== undefined) return;
    this.owner.caughtUp();
    if (this.#ending && !this.stream.writableEnded) {
      this.stream.end();
      this.owner.finished();
    }
  }

  /** Mostly all is one piece, and the kernel takes it at once: then nothing is made for it. */
  #writeGathered(): void {
    const [text, deliveries] = [this.#text, this.#deliveries];
    this.#text = '';
    this.#waitingBytes = 0;
    this.#deliveries = this.#spare ?? [];
    this.#spare = undefined;
    if (!this.#write(text)) return this.#block({ text, deliveries });
    this.#left(deliveries);
    while (deliveries.length > 0) deliveries.pop();
    this.#spare = deliveries;
  }

  /** @returns whether the kernel has taken all of it */
  #write(text: string): boolean {
    const rest = this.#sink.offer(text);
    if (rest === '') return true;
    this.#begun++;
    this.stream.write(rest, 'latin1', this.#calledBack);
    return this.stream.writableLength === 0 && this.stream.errored === null;
  }

  /** What came before leaves before a piece that does not fit behind it: deliveries are not to wait for what follows them. */
  #makeWay(text: string): void {
    if (this.#text.length > 0 && this.#text.length + text.length > SEGMENT) this.#cut();
  }

  #add(text: string): void {
    this.#text += text;
    this.#waitingBytes += text.length;
    if (this.#text.length >= SEGMENT) this.#cut();
    if (this.#asked || this.#underWay !== undefined) return;
    this.#asked = true;
    this.turn.flush(this.#flush);
  }

  /** Closes what has gathered: one segment, or several of which the last carries the delivery. */
  #cut(): void {
    const text = this.#text;
    if (text === '') return;
    let start = 0;
    for (; text.length - start > SEGMENT; start += SEGMENT) {
      this.#segments.push({ text: text.slice(start, start + SEGMENT), deliveries: [] });
    }
    this.#segments.push({ text: text.slice(start), deliveries: this.#deliveries });
    this.#text = '';
    this.#deliveries = [];
  }

  #take(): Segment | undefined {
    if (this.#segments.length === 0) this.#cut();
    const segment = this.#segments.shift();
    if (segment !== undefined) this.#waitingBytes -= segment.text.length;
    return segment;
  }

  #block(segment: Segment): void {
    this.#underWay = segment;
    this.owner.blocked();
  }

  #left(deliveries: readonly Delivery[]): void {
    if (deliveries.length > 0) this.owner.written(deliveries);
  }

  #writeEnded(error: Error | null | undefined): void {
    this.#ended++;
    const segment = this.#underWay;
    if (segment === undefined || error || this.#ended < this.#begun) return;
    this.#underWay = undefined;
    this.#left(segment.deliveries);
    this.flush();
  }
}
