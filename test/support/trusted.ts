import { readFileSync } from 'node:fs';
import { TestAccess } from './access.js';
import { type Certificate, Certificates } from './certificates.js';
import { TcpBroker } from './tcp.js';
import { temporaryFolder } from './wire.js';

/** An authority, a client with a certificate signed by it, and brokers on TCP that want such a one, and a token. */
export class Trusted {
  /** What the client connects with. */
  readonly tls: { readonly ca: Buffer; readonly cert: Buffer; readonly key: Buffer };
  readonly #authority: Certificate;
  readonly #own: Certificate;
  readonly #folder = temporaryFolder();

  constructor() {
    const certificates = new Certificates(this.#folder.path);
    this.#authority = certificates.authority('authority');
    this.#own = certificates.signed('broker', this.#authority);
    const { cert, key } = certificates.signed('client', this.#authority);
    this.tls = { ca: readFileSync(this.#authority.cert), cert: readFileSync(cert), key: readFileSync(key) };
  }

  /** Starts one. */
  async broker(): Promise<TcpBroker> {
    const tls = { ...this.#own, ca: this.#authority.cert, clientCerts: 'require' } as const;
    const broker = new TcpBroker([{ host: '127.0.0.1', port: 0 }], { tls }, new TestAccess());
    await broker.server.start();
    return broker;
  }

  remove(): void {
    this.#folder.remove();
  }
}
