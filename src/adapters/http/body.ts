import type { IncomingMessage } from 'node:http';
import type { Timed } from '../../domain/deadlines.js';
import { Problem } from './problem.js';
import type { OpenRequest } from './request.js';

/** Seconds after which a client refused for lack of room may try again. */
export const RETRY_AFTER = 1;

/** The bodies that are being read, each bounded, and all together. */
export class Bodies {
  #bytes = 0;

  /** Of one body, and of all that are in memory. */
  constructor(
    readonly most: number,
    private readonly mostInAll: number,
  ) {}

  /** Bytes in memory, of all. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Whether more than half of the room is taken. */
  get crowded(): boolean {
    return this.#bytes * 2 > this.mostInAll;
  }

  /** Whether there is room for so many bytes; if so they are counted until they are given back. */
  take(bytes: number): boolean {
    if (this.#bytes + bytes > this.mostInAll) return false;
    this.#bytes += bytes;
    return true;
  }

  giveBack(bytes: number): void {
    this.#bytes -= bytes;
  }

  noRoom(): Problem {
    return new Problem(503, 'too many requests are being read', RETRY_AFTER);
  }

  tooLong(): Problem {
    return new Problem(413, `the body of a request may have at most ${this.most} bytes`);
  }
}

/** Who has bodies read. */
export interface BodyOwner {
  readonly bodies: Bodies;
  /** Milliseconds on the clock. */
  readonly now: number;
  /** Milliseconds for which a body may be silent, and that it is given at its start. */
  readonly bodyTimeout: number;
  /** Bytes that must come in each second, or that time runs out. */
  readonly bodyRate: number;
  /** Calls `late` when `due` has come. */
  await(body: IncomingBody): void;
  /** Does not. */
  relax(body: IncomingBody): void;
}

/**
 * Reads the body of a request, within bounds of size and time. The time is an account: it begins with `bodyTimeout`, each
 * byte puts something in, it never holds more than it began with, and while we are the ones who don't read it stands still.
 */
export abstract class IncomingBody implements Timed {
  due = 0;
  slot = -1;
  #complete = false;
  #stopped = false;
  #total = 0;
  #end: number;
  #pausedAt: number | undefined;

  constructor(
    protected readonly open: OpenRequest,
    private readonly request: IncomingMessage,
    protected readonly owner: BodyOwner,
  ) {
    this.#end = owner.now + owner.bodyTimeout;
    this.due = this.#end;
    owner.await(this);
    request.on('data', (chunk: Buffer) => this.#data(chunk));
    request.on('end', () => this.#ended());
    request.on('close', () => {
      if (!this.#complete) this.stop();
    });
  }

  /** All of it was read. */
  get complete(): boolean {
    return this.#complete;
  }

  /** Nobody wants the rest: it is read and forgotten. */
  stop(): void {
    if (this.#stopped) return;
    this.#stopped = true;
    this.owner.relax(this);
    this.drop();
    this.request.resume();
  }

  late(): void {
    if (this.#stopped || this.#complete) return;
    const { now, bodyTimeout } = this.owner;
    const end = this.#pausedAt === undefined ? this.#end : now + bodyTimeout;
    if (end <= now) {
      this.#refuse(new Problem(408, 'the request did not come in time'));
      return;
    }
    this.due = end;
    this.owner.await(this);
  }

  /** Bytes that were counted. */
  protected abstract data(chunk: Buffer): void;
  /** There are no more. */
  protected abstract ended(): void;
  /** Gives back what it holds. */
  protected abstract drop(): void;

  protected pause(): void {
    if (this.#pausedAt !== undefined || this.#stopped) return;
    this.#pausedAt = this.owner.now;
    this.request.pause();
  }

  protected resume(): void {
    if (this.#pausedAt === undefined || this.#stopped) return;
    this.#end += this.owner.now - this.#pausedAt;
    this.#pausedAt = undefined;
    this.request.resume();
  }

  protected get stopped(): boolean {
    return this.#stopped;
  }

  #data(chunk: Buffer): void {
    if (this.#stopped) return;
    const { bodies, now, bodyTimeout, bodyRate } = this.owner;
    this.#total += chunk.length;
    if (this.#total > bodies.most) return this.#refuse(bodies.tooLong());
    if (!bodies.take(chunk.length)) {
      return this.#refuse(bodies.noRoom());
    }
    this.#end = Math.min(now + bodyTimeout, this.#end + (chunk.length * 1000) / bodyRate);
    this.data(chunk);
  }

  #ended(): void {
    if (this.#stopped) return;
    this.#complete = true;
    this.owner.relax(this);
    this.ended();
  }

  #refuse(problem: Problem): void {
    this.stop();
    this.open.fail(problem);
  }
}

/** A body that travels in one message. */
export class WholeBody extends IncomingBody {
  #chunks: Buffer[] = [];
  #size = 0;

  /** @param read gets it, bytes as Latin-1, unless the request is over before */
  constructor(
    open: OpenRequest,
    request: IncomingMessage,
    owner: BodyOwner,
    private readonly read: (open: OpenRequest, body: string) => void,
  ) {
    super(open, request, owner);
  }

  protected data(chunk: Buffer): void {
    this.#size += chunk.length;
    this.#chunks.push(chunk);
  }

  protected ended(): void {
    const all = this.#chunks.length === 1 ? (this.#chunks[0] as Buffer) : Buffer.concat(this.#chunks);
    this.drop();
    if (this.open.reading) this.read(this.open, all.toString('latin1'));
  }

  protected drop(): void {
    this.owner.bodies.giveBack(this.#size);
    this.#chunks = [];
    this.#size = 0;
  }
}
