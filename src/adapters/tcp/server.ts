import type { Socket } from 'node:net';
import { inject, injectable } from 'tsyringe';
import type { Refusal } from '../../domain/errors.js';
import type { Access, Rights } from '../../ports/access.js';
import type { Alarm, Clock } from '../../ports/clock.js';
import type { Exchange } from '../../ports/exchange.js';
import type { Ids } from '../../ports/ids.js';
import type { Journal } from '../../ports/journal.js';
import type { Log } from '../../ports/log.js';
import { ACCESS, CLOCK, EXCHANGE, IDS, JOURNAL, LOG, TURN } from '../../ports/tokens.js';
import type { Turn } from '../../ports/turn.js';
import { type Accept, readAsStream } from '../../sockets/accept.js';
import { Departures } from './departures.js';
import type { ListenAddress } from './listen.js';
import { Listeners, type ListenersOwner, type ListenersSettings } from './listeners.js';
import { Newcomer } from './newcomer.js';
import { Patience } from './patience.js';
import { Quiet } from './quiet.js';
import { Session } from './session.js';
import type { Connection, SessionOwner, SessionParts } from './session-parts.js';
import { TaggedSession } from './tagged-session.js';

/** Milliseconds a client has to close its side after we closed ours. Closing at once could cost it our last words. */
const LINGER = 1000;

export const TCP_SETTINGS = Symbol('TcpSettings');

export interface TcpSettings extends ListenersSettings {
  /** How connections without TLS are read. */
  readonly accept: Accept;
  /** Milliseconds in which a client has to show a token, where one is wanted; and for a TLS handshake. */
  readonly authTimeout: number;
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
export class TcpServer implements SessionOwner, ListenersOwner {
  readonly #listeners: Listeners;
  readonly #connections = new Set<Connection>();
  readonly #patience: Patience;
  readonly #departures: Departures;
  readonly #quiet = new Quiet(this.#connections);
  /** Ends at last what does not end by itself when the broker stops. */
  readonly #cut: Alarm;
  #cutAt = Number.POSITIVE_INFINITY;
  readonly #parts: SessionParts;
  #numbered = 0;
  #stopping: Promise<void> | undefined;
  #allClosed: () => void = () => undefined;

  constructor(
    @inject(EXCHANGE) exchange: Exchange,
    @inject(JOURNAL) journal: Journal,
    @inject(ACCESS) private readonly access: Access,
    @inject(CLOCK) private readonly clock: Clock,
    @inject(TURN) turn: Turn,
    @inject(IDS) ids: Ids,
    @inject(LOG) private readonly log: Log,
    @inject(TCP_SETTINGS) private readonly settings: TcpSettings,
  ) {
    const limits = { line: settings.maxLine, body: settings.maxBody };
    this.#listeners = new Listeners(settings, log, this);
    this.#patience = new Patience(clock);
    this.#departures = new Departures(clock);
    this.#cut = clock.alarm(() => this.#destroyAll());
    this.#parts = { exchange, access, turn, ids, log, limits, journal: journal.sync, owner: this };
  }

  get connections(): number {
    return this.#connections.size;
  }

  get full(): boolean {
    return this.#connections.size + this.#listeners.handshakes >= this.settings.maxConnections;
  }

  /** Where it listens, with the port that was chosen where the settings left it open. */
  get addresses(): readonly ListenAddress[] {
    return this.#listeners.addresses;
  }

  /** @throws if one of the addresses, or a certificate, can't be had; then none is listened on */
  start(): Promise<void> {
    return this.#listeners.start();
  }

  /**
   * Reads certificates again, and ends the connections of those whose tokens count no more.
   * @throws if the certificates are not in order; the old ones stay
   */
  reload(): void {
    for (const connection of this.#connections) if (connection.rights?.revoked) connection.destroy();
    this.#listeners.reload();
  }

  /** Takes no more connections. */
  close(): void {
    this.#listeners.close();
  }

  /** Resolves when every `?` is answered and every answer is written, at `deadline` (on the clock) at the latest. */
  async answered(deadline: number): Promise<void> {
    const late = this.clock.alarm(() => this.#quiet.giveUp());
    late.set(deadline);
    this.#departures.look();
    await this.#quiet.comes();
    late.clear();
  }

  /**
   * Ends every connection. What was not delivered is in its queue again when this resolves.
   * @param patience milliseconds for last words to be written and read; where it is called again, the shorter one counts
   */
  stop(patience = LINGER): Promise<void> {
    this.close();
    this.#cutAt = Math.min(this.#cutAt, this.clock.now() + patience);
    if (this.#connections.size > 0) this.#cut.set(this.#cutAt);
    this.#stopping ??= this.#end();
    if (patience === 0) this.#destroyAll();
    return this.#stopping;
  }

  async #end(): Promise<void> {
    for (const connection of this.#connections) connection.leave();
    if (this.#connections.size > 0) {
      await new Promise<void>((resolve) => {
        this.#allClosed = resolve;
      });
    }
    this.#listeners.destroy();
    this.#cut.clear();
  }

  #destroyAll(): void {
    for (const connection of this.#connections) connection.destroy();
  }

  take(accepted: Socket, over: 'unix' | 'tcp', secure: boolean): void {
    if (this.#stopping !== undefined) {
      accepted.destroy();
      return;
    }
    // One under TLS was counted before its handshake.
    if (!secure && this.full) return this.#refuse(accepted);
    let connection: Connection | undefined;
    const hearOn = () => socket.resume();
    const bytes = (data: Buffer, length: number) => {
      connection?.bytes(data, length);
      // One that its session holds up is left to that. If the session goes on too early, it is held up again after the next bytes.
      if (!socket.isPaused() && this.#parts.exchange.isBehind(hearOn)) socket.pause();
    };
    const socket = secure ? readAsStream(accepted, bytes) : this.settings.accept(accepted, bytes);
    const rights = this.access.withoutToken(over);
    connection = new Newcomer(++this.#numbered, socket, rights, this, (newcomer, tagged) => {
      connection = this.#decided(newcomer, socket, tagged, rights);
      return connection;
    });
    this.#connections.add(connection);
    socket.once('end', () => connection && this.#departures.add(connection));
    if (rights === undefined) this.#patience.expect(connection, this.settings.authTimeout);
    this.#log('connected', connection);
  }

  #refuse(accepted: Socket): void {
    this.log.info('connection refused', { limit: this.settings.maxConnections });
    accepted.on('error', () => accepted.destroy());
    accepted.end('- too many connections\r\n', () => accepted.destroy());
  }

  #decided(newcomer: Newcomer, socket: Socket, tagged: boolean, rights: Rights | undefined): Connection {
    const { number } = newcomer;
    // Without rights nobody is let into the protocol of 2010.
    const session =
      tagged || rights === undefined
        ? new TaggedSession(number, socket, this.#parts, rights)
        : new Session(number, socket, this.#parts, rights);
    this.#connections.delete(newcomer);
    this.#connections.add(session);
    this.#patience.hand(newcomer, session);
    return session;
  }

  // What connections say

  closed(connection: Connection): void {
    this.#patience.forget(connection);
    this.#departures.forget(connection);
    this.#connections.delete(connection);
    this.#log('disconnected', connection);
    this.quiet();
    if (this.#connections.size > 0) return;
    this.#patience.clear();
    this.#allClosed();
  }

  ended(connection: Connection): void {
    this.#patience.expect(connection, LINGER);
  }

  refused(connection: Connection, { code, text }: Refusal): void {
    if (this.log.infos) this.log.info('refused', { connection: connection.number, code, text });
  }

  blocked(connection: Connection): void {
    this.#patience.expect(connection, this.settings.writeTimeout);
  }

  unblocked(connection: Connection): void {
    this.#patience.relax(connection);
  }

  quiet(): void {
    this.#quiet.look();
  }

  known(connection: Connection): void {
    this.#patience.relax(connection);
    if (this.log.infos) {
      this.log.info('token shown', { connection: connection.number, token: connection.rights?.name });
    }
  }

  mayIdle(connection: Connection, milliseconds: number): void {
    this.#patience.endSilence(connection, milliseconds);
  }

  #log(what: string, { number }: Connection): void {
    if (this.log.infos) this.log.info(what, { connection: number, connections: this.#connections.size });
  }
}
