import type { IncomingMessage } from 'node:http';
import type { Refusal } from '../../domain/errors.js';
import { Message, type SendOptions, STANDARD } from '../../domain/message.js';
import type { Exchange, Sender } from '../../ports/exchange.js';
import type { Turn } from '../../ports/turn.js';
import { type BodyOwner, IncomingBody } from './body.js';
import { PIECE } from './envelope.js';
import type { OpenRequest } from './request.js';

/** Pieces of one body that were sent and that no handler has taken yet. */
const WINDOW = 4;

/** Pieces that no handler took are of no use to anybody; the proxy wants to know when one has. */
const PIECE_OPTIONS: SendOptions = Object.freeze({ ...STANDARD, dead: '', receipt: 'done' });

/** What sending pieces works with. */
export interface UploadOwner extends BodyOwner {
  readonly exchange: Exchange;
  readonly turn: Turn;
  /** Milliseconds for which a piece waits for its handler. */
  readonly timeout: number;
  /** One of its pieces can't be had by a handler any more. Not within a call of the exchange. */
  pieceRefused(open: OpenRequest, refusal: Refusal): void;
}

/**
 * A body that travels apart from its head: in pieces as it comes, but no further ahead than the handler takes them. At the end
 * there is an empty one.
 */
export class Upload extends IncomingBody implements Sender {
  #chunks: Buffer[] = [];
  #size = 0;
  /** The lengths of the pieces on their way, oldest first. */
  readonly #out: number[] = [];
  #taken = 0;
  #lastSent = false;
  #movedAt: number;
  #pumping = false;

  constructor(
    open: OpenRequest,
    request: IncomingMessage,
    private readonly parts: UploadOwner,
    private readonly bodyAddr: string,
  ) {
    super(open, request, parts);
    this.#movedAt = parts.now;
  }

  /** Whether all of it is sent, the empty piece too. */
  get sent(): boolean {
    return this.#lastSent;
  }

  /** Whether its handler has taken anything. */
  get begun(): boolean {
    return this.#taken > 0;
  }

  /** Since when it is for the handler to go on: since the last piece that it took, or since we wait for our client, now. */
  get since(): number {
    return this.#out.length === 0 && !this.#lastSent ? this.parts.now : this.#movedAt;
  }

  accepted(): void {
    const bytes = this.#out.shift() ?? 0;
    this.#taken++;
    this.#movedAt = this.parts.now;
    this.parts.bodies.giveBack(bytes);
    if (this.stopped || this.#pumping) return;
    this.#pumping = true;
    this.parts.turn.resume(() => {
      this.#pumping = false;
      this.#pump();
    });
  }

  refused(_tag: string, refusal: Refusal): void {
    this.parts.turn.resume(() => {
      if (!this.stopped) this.parts.pieceRefused(this.open, refusal);
    });
  }

  protected data(chunk: Buffer): void {
    this.#size += chunk.length;
    this.#chunks.push(chunk);
    this.#pump();
  }

  protected ended(): void {
    this.#pump();
  }

  protected drop(): void {
    this.#chunks = [];
    const { bodies } = this.parts;
    bodies.giveBack(this.#size + this.#out.reduce((sum, bytes) => sum + bytes, 0));
    this.#size = 0;
    this.#out.fill(0);
  }

  #pump(): void {
    if (this.stopped) return;
    const window = this.parts.bodies.crowded ? 1 : WINDOW;
    while (this.#size > 0 && this.#out.length < window) this.#sendPieces();
    const end = this.complete && this.#size === 0 && !this.#lastSent;
    if (end && this.#out.length < window) {
      this.#lastSent = true;
      this.#send('');
    }
    if (this.#size >= PIECE) this.pause();
    else this.resume();
  }

  /** What has come is sent, joined: what is beyond one piece stays. */
  #sendPieces(): void {
    const all = this.#chunks.length === 1 ? (this.#chunks[0] as Buffer) : Buffer.concat(this.#chunks);
    const piece = all.toString('latin1', 0, PIECE);
    this.#chunks = all.length > PIECE ? [all.subarray(PIECE)] : [];
    this.#size -= piece.length;
    this.#send(piece);
  }

  #send(piece: string): void {
    const { exchange, timeout, now } = this.parts;
    if (this.#out.length === 0) this.#movedAt = now;
    this.#out.push(piece.length);
    exchange.send(new Message(this.bodyAddr, undefined, piece, timeout, PIECE_OPTIONS), this, this.open.label);
  }
}
