import type { Socket } from 'node:net';
import type { Turn } from '../../../ports/turn.js';
import { Sink } from '../../../sockets/sink.js';
import type { PlainResponse } from './response.js';

/** Characters that may gather before whoever gives them should wait. */
const MANY = 64 * 1024;

type Task = () => void;
const NONE: readonly Task[] = [];

/** Who has a line. */
export interface LineOwner {
  readonly turn: Turn;
  /** Milliseconds for a client to take something of what is written to it. */
  readonly writeTimeout: number;
  /** All its responses are given, and the client's side has them. */
  lineEmpty(): void;
}

/**
 * The responses of one connection, in the order of its requests: the first in line writes, the others gather. One that is
 * alone and whole is written at once; otherwise what comes in a turn is written at its end, joined. At most one write is under way.
 */
export class Line {
  #front: PlainResponse | undefined;
  #back: PlainResponse | undefined;
  #text = '';
  /** To be called when the client's side has what gathers. */
  #tasks: Task[] = [];
  /** The same for what is under way; undefined: nothing is. */
  #underWay: readonly Task[] | undefined;
  #asked = false;
  #closing = false;
  readonly #sink: Sink;
  /** Writes begun, and writes that called back: the stream calls back late even for those that are done at once. */
  #begun = 0;
  #ended = 0;

  constructor(
    private readonly socket: Socket,
    private readonly owner: LineOwner,
  ) {
    this.#sink = new Sink(socket);
  }

  /** Whether no response is due, or under way. */
  get empty(): boolean {
    return this.#front === undefined && this.#tasks.length === 0 && this.#underWay === undefined;
  }

  /** Whether the connection is closed behind what was given. */
  get closing(): boolean {
    return this.#closing;
  }

  add(response: PlainResponse): void {
    if (this.#back === undefined) this.#front = response;
    else this.#back.next = response;
    this.#back = response;
  }

  isFirst(response: PlainResponse): boolean {
    return this.#front === response;
  }

  /**
   * Takes what the first in line has.
   * @param task called when the client's side has it
   * @returns whether that keeps pace
   */
  write(text: string, task: Task): boolean {
    this.#text += text;
    this.#tasks.push(task);
    this.#ask();
    return this.#underWay === undefined && this.#text.length < MANY;
  }

  /** Takes the last that the first in line has. It is told when that is taken, maybe at once. */
  end(response: PlainResponse, text: string): void {
    const alone = this.#front === this.#back && this.#tasks.length === 0 && this.#underWay === undefined;
    this.#front = response.next;
    if (this.#front === undefined) this.#back = undefined;
    if (alone && this.#put(text, NONE)) {
      response.left();
      if (response.last) this.close();
      else this.owner.lineEmpty();
      return;
    }
    const left = () => response.left();
    if (alone) this.#underWay = [left];
    else {
      this.#text += text;
      this.#tasks.push(left);
      this.#ask();
    }
    if (response.last) this.close();
    else this.#front?.itsTurn();
  }

  /** Closes the connection once all that was given has been taken; what has not been given by now never will be. */
  close(): void {
    this.#closing = true;
    this.#front = undefined;
    this.#back = undefined;
    if (this.empty) this.socket.destroySoon();
  }

  /** Breaks the connection off. */
  breakOff(): void {
    this.socket.destroy();
  }

  #ask(): void {
    if (this.#asked || this.#underWay !== undefined) return;
    this.#asked = true;
    this.owner.turn.flush(this.#flush);
  }

  readonly #flush = () => {
    this.#asked = false;
    if (this.#underWay !== undefined || this.#tasks.length === 0 || this.socket.destroyed) return;
    const [text, tasks] = [this.#text, this.#tasks];
    this.#text = '';
    this.#tasks = [];
    if (this.#put(text, tasks)) this.#left(tasks);
  };

  /** Whether the kernel took it at once. */
  #put(text: string, tasks: readonly Task[]): boolean {
    const { socket } = this;
    const rest = this.#sink.offer(text);
    if (rest === '') return true;
    this.#begun++;
    socket.write(rest, 'latin1', this.#wrote);
    if (socket.writableLength === 0) return true;
    this.#underWay = tasks;
    socket.setTimeout(this.owner.writeTimeout);
    return false;
  }

  readonly #wrote = (error?: Error | null) => {
    this.#ended++;
    const tasks = this.#underWay;
    if (tasks === undefined || error || this.#ended < this.#begun) return;
    this.#underWay = undefined;
    this.socket.setTimeout(0);
    this.#left(tasks);
    this.#flush();
  };

  #left(tasks: readonly Task[]): void {
    for (const task of tasks) task();
    this.#front?.drained();
    if (!this.empty) return;
    if (this.#closing) this.socket.destroySoon();
    else this.owner.lineEmpty();
  }
}
