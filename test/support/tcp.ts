import { OpenAccess } from '../../src/adapters/access/open.js';
import { SystemTurn } from '../../src/adapters/clock/turn.js';
import { MemoryJournal } from '../../src/adapters/journal/memory/journal.js';
import type { ListenAddress } from '../../src/adapters/tcp/listen.js';
import { TcpServer, type TcpSettings } from '../../src/adapters/tcp/server.js';
import { LocalExchange } from '../../src/domain/exchange.js';
import type { Access } from '../../src/ports/access.js';
import type { Journal } from '../../src/ports/journal.js';
import { acceptor } from '../../src/sockets/accept.js';
import { poller } from '../../src/sockets/poller.js';
import { ManualClock } from './clock.js';
import { eventually } from './eventually.js';
import { NO_LIMITS } from './exchange.js';
import { CountingIds } from './ids.js';
import { MemoryLog } from './log.js';
import { WireClient } from './wire.js';

/** A TcpServer on real sockets, with the event loop's own turns and the test's own time. */
export class TcpBroker {
  readonly clock = new ManualClock();
  readonly log = new MemoryLog('info');
  readonly exchange: LocalExchange;
  readonly server: TcpServer;
  #made = 0;
  #accepted = 0;
  readonly #clients = new Set<WireClient>();

  constructor(
    listen: readonly ListenAddress[],
    settings: Partial<TcpSettings> = {},
    access: Access = new OpenAccess(),
    journal: Journal = new MemoryJournal(),
  ) {
    const turn = new SystemTurn();
    const ids = new CountingIds();
    this.exchange = new LocalExchange({
      clock: this.clock,
      turn,
      ids,
      journal,
      limits: NO_LIMITS,
      journalFailed: (cause) => {
        throw cause;
      },
    });
    this.server = new TcpServer(this.exchange, journal, access, this.clock, turn, ids, this.log, {
      listen,
      accept: acceptor(poller(), turn),
      tls: undefined,
      authTimeout: 10_000,
      maxLine: 8192,
      maxBody: 16 * 1024 * 1024,
      maxConnections: 100,
      writeTimeout: 30_000,
      ...settings,
    });
  }

  async connect(index = 0): Promise<WireClient> {
    this.#made++;
    const client = await WireClient.connect(this.server.addresses[index] as ListenAddress);
    this.#clients.add(client);
    client.socket.once('close', () => this.#clients.delete(client));
    return client;
  }

  /**
   * Waits while many connections were made and not yet accepted: a server accepts one in each turn of the event loop,
   * and clients in the same process could fill its backlog.
   */
  async acceptedMost(): Promise<void> {
    await this.until(() => {
      for (const { text } of this.log.lines.splice(0)) if (text.startsWith('connect')) this.#accepted++;
      return this.#made - this.#accepted < 100;
    });
  }

  /** Lets the event loop turn until this is so. */
  async until(what: () => boolean): Promise<void> {
    await eventually(what);
  }

  async stop(): Promise<void> {
    await Promise.all([...this.#clients].map((client) => client.close()));
    await this.server.stop();
    this.exchange.stop();
  }
}
