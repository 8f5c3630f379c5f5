import { RemoteExchange } from '../../src/adapters/broker/exchange.js';
import type { Journal } from '../../src/ports/journal.js';
import { CountingIds } from './ids.js';
import { MemoryLog } from './log.js';
import { TestFolder } from './process.js';
import { TcpBroker } from './tcp.js';

/** An exchange over a socket, and the broker behind it, in one process and with one clock. */
export class Remote {
  readonly log = new MemoryLog('info');
  readonly exchange: RemoteExchange;

  private constructor(
    readonly broker: TcpBroker,
    private readonly folder: TestFolder,
  ) {
    const at = [{ path: folder.file('socket') }];
    const settings = { at, token: undefined, tls: undefined };
    this.exchange = new RemoteExchange(broker.clock, new CountingIds('remote'), this.log, settings);
  }

  static async start(journal?: Journal): Promise<Remote> {
    const folder = new TestFolder();
    const broker = new TcpBroker([{ path: folder.file('socket'), mode: 0o600 }], {}, undefined, journal);
    await broker.server.start();
    const remote = new Remote(broker, folder);
    remote.exchange.start();
    await broker.until(() => remote.exchange.isUp);
    return remote;
  }

  /** Resolves when all that was asked is done, and what came of it is here. */
  async settled(): Promise<void> {
    // What the first sets off in the broker has happened when the second is answered.
    for (let i = 0; i < 2; i++) await new Promise<void>((resolve) => this.exchange.flush(resolve));
  }

  async advance(milliseconds: number): Promise<void> {
    this.broker.clock.advance(milliseconds);
    await this.settled();
  }

  async close(): Promise<void> {
    await this.exchange.close();
    await this.broker.stop();
    this.folder.remove();
  }
}
