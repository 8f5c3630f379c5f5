import { createServer, type Server, type Socket } from 'node:net';
import { inject, injectable } from 'tsyringe';
import { Deadlines } from '../../domain/deadlines.js';
import type { Refusal } from '../../domain/errors.js';
import type { Alarm, Clock } from '../../ports/clock.js';
import type { Exchange } from '../../ports/exchange.js';
import type { Log } from '../../ports/log.js';
import { CLOCK, EXCHANGE, LOG, TURN } from '../../ports/tokens.js';
import type { Turn } from '../../ports/turn.js';
import { accept } from './accept.js';
import { boundAddress, type ListenAddress, listen, showAddress } from './listen.js';
import { Session } from './session.js';
import type { SessionOwner, SessionParts } from './session-parts.js';

/** Milliseconds a client has to close its side after we closed ours. Closing at once could cost it our last words. */
const LINGER = 1000;

const NOBODY_WAITS = () => undefined;

export const TCP_SETTINGS = Symbol('TcpSettings');

export interface TcpSettings {
  readonly listen: readonly ListenAddress[];
  /** Bytes of a line. */
  readonly maxLine: number;
  /** Bytes of a body. */
  readonly maxBody: number;
  /** Connections at a time; one more is told so and closed. */
  readonly maxConnections: number;
  /** Milliseconds in which a client must take the next 64 KiB of its answers, or be closed. */
  readonly writeTimeout: number;
}

/** The broker's own sockets, unix and TCP, and the connections on them. */
@injectable()
export class TcpServer implements SessionOwner {
  readonly #servers: Server[] = [];
  readonly #sessions = new Set<Session>();
  /** Sessions whose client has to do something soon. */
  readonly #patience = new Deadlines<Session>();
  readonly #alarm: Alarm;
  readonly #parts: SessionParts;
  #numbered = 0;
  #allQuiet: () => void = NOBODY_WAITS;
  #allClosed: () => void = NOBODY_WAITS;

  constructor(
    @inject(EXCHANGE) exchange: Exchange,
    @inject(CLOCK) private readonly clock: Clock,
    @inject(TURN) turn: Turn,
    @inject(LOG) private readonly log: Log,
    @inject(TCP_SETTINGS) private readonly settings: TcpSettings,
  ) {
    this.#alarm = clock.alarm(() => this.#ring());
    this.#parts = { exchange, turn, log, limits: { line: settings.maxLine, body: settings.maxBody }, owner: this };
  }

  get connections(): number {
    return this.#sessions.size;
  }

  /** @throws if one of the addresses can't be had; then none is listened on */
  async start(): Promise<void> {
    for (const address of this.settings.listen) {
      const server = createServer({ pauseOnConnect: true, allowHalfOpen: true, noDelay: true }, (socket) =>
        this.#take(socket),
      );
      this.#servers.push(server);
      await this.#listen(server, address);
      this.log.minimal('listening', { on: showAddress(boundAddress(server, address)) });
    }
  }

  async #listen(server: Server, address: ListenAddress): Promise<void> {
    try {
      await listen(server, address);
    } catch (error) {
      this.close();
      throw error;
    }
    // A connection that can't be accepted, for want of a file descriptor say, must not end the broker.
    server.on('error', ({ message }) => this.log.minimal('accept failed', { error: message }));
  }

  /** Where it listens, with the port that was chosen where the settings left it open. */
  get addresses(): readonly ListenAddress[] {
    return this.settings.listen.map((address, i) => boundAddress(this.#servers[i], address));
  }

  /** Takes no more connections. */
  close(): void {
    for (const server of this.#servers) server.close();
  }

  /** Resolves when every `?` is answered and every answer is written, at `deadline` (on the clock) at the latest. */
  async answered(deadline: number): Promise<void> {
    const late = this.clock.alarm(() => this.#allQuiet());
    late.set(deadline);
    await new Promise<void>((resolve) => {
      this.#allQuiet = resolve;
      this.#lookForQuiet();
    });
    late.clear();
    this.#allQuiet = NOBODY_WAITS;
  }

  /**
   * Ends every connection. What was not delivered is in its queue again when this resolves.
   * @param patience milliseconds for last words to be written and read
   */
  async stop(patience = LINGER): Promise<void> {
    this.close();
    const cut = this.clock.alarm(() => {
      for (const session of this.#sessions) session.destroy();
    });
    cut.set(this.clock.now() + patience);
    await new Promise<void>((resolve) => {
      this.#allClosed = resolve;
      for (const session of this.#sessions) session.leave();
      if (this.#sessions.size === 0) resolve();
    });
    cut.clear();
  }

  #take(accepted: Socket): void {
    if (this.#sessions.size >= this.settings.maxConnections) {
      this.log.info('connection refused', { limit: this.settings.maxConnections });
      accepted.on('error', () => accepted.destroy());
      accepted.end('- too many connections\r\n', () => accepted.destroy());
      return;
    }
    let session: Session | undefined;
    const socket = accept(accepted, (data, length) => session?.bytes(data, length));
    session = new Session(++this.#numbered, socket, this.#parts);
    this.#sessions.add(session);
    this.#log('connected', session);
  }

  // What sessions say

  closed(session: Session): void {
    this.#patience.remove(session);
    this.#sessions.delete(session);
    this.#log('disconnected', session);
    this.quiet();
    if (this.#sessions.size > 0) return;
    this.#alarm.clear();
    this.#allClosed();
  }

  ended(session: Session): void {
    this.#expectWithin(session, LINGER);
  }

  refused(session: Session, { code, text }: Refusal): void {
    if (this.log.infos) this.log.info('refused', { connection: session.number, code, text });
  }

  blocked(session: Session): void {
    this.#expectWithin(session, this.settings.writeTimeout);
  }

  unblocked(session: Session): void {
    this.#patience.remove(session);
  }

  quiet(): void {
    if (this.#allQuiet !== NOBODY_WAITS) this.#lookForQuiet();
  }

  #lookForQuiet(): void {
    for (const session of this.#sessions) if (session.busy) return;
    this.#allQuiet();
  }

  #log(what: string, session: Session): void {
    if (this.log.infos) this.log.info(what, { connection: session.number, connections: this.#sessions.size });
  }

  #expectWithin(session: Session, milliseconds: number): void {
    this.#patience.remove(session);
    session.due = this.clock.now() + milliseconds;
    this.#patience.add(session);
    this.#alarm.set(this.#patience.next);
  }

  #ring(): void {
    const now = this.clock.now();
    for (let session = this.#patience.passed(now); session !== undefined; session = this.#patience.passed(now)) {
      session.destroy();
    }
    if (this.#patience.next !== Number.POSITIVE_INFINITY) this.#alarm.set(this.#patience.next);
  }
}
