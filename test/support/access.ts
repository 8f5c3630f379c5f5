import { EVERYTHING } from '../../src/adapters/access/everything.js';
import type { Access, Rights } from '../../src/ports/access.js';

/** `worker-token` may receive on addresses that begin with `jobs.`, `sender-token` send there, `admin-token` do all. */
export class TestAccess implements Access {
  readonly #rights = new Map<string, Rights & { revoked: boolean }>();

  constructor() {
    for (const name of ['worker', 'sender', 'admin']) {
      const may = (who: string) => (address: string) =>
        name === 'admin' || (name === who && address.startsWith('jobs.'));
      const rights = {
        name,
        admin: name === 'admin',
        revoked: false,
        maySend: may('sender'),
        mayReceive: may('worker'),
      };
      this.#rights.set(`${name}-token`, rights);
    }
  }

  withoutToken(over: 'unix' | 'tcp'): Rights | undefined {
    return over === 'unix' ? EVERYTHING : undefined;
  }

  rights(token: string): Rights | undefined {
    return this.#rights.get(token);
  }

  revoke(token: string): void {
    const rights = this.#rights.get(token);
    if (rights !== undefined) rights.revoked = true;
  }

  reload(): void {
    // What changes, the test has changed.
  }
}
