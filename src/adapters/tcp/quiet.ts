import type { Connection } from './session-parts.js';

const NOBODY_WAITS = () => undefined;

/** Waits until no connection is busy. */
export class Quiet {
  /** Connections that were busy when all were looked at last. Only when none of them is any more, all are looked at again. */
  #watched: Connection[] = [];
  #tell: () => void = NOBODY_WAITS;

  constructor(private readonly connections: ReadonlySet<Connection>) {}

  /** Resolves when it has come, or somebody gives up. */
  async comes(): Promise<void> {
    this.#watched = [];
    await new Promise<void>((resolve) => {
      this.#tell = resolve;
      this.look();
    });
    this.#tell = NOBODY_WAITS;
  }

  giveUp(): void {
    this.#tell();
  }

  /** A connection is not busy any more, or it is gone. */
  look(): void {
    if (this.#tell === NOBODY_WAITS) return;
    const watched = this.#watched;
    while (watched.length > 0) {
      const last = watched[watched.length - 1] as Connection;
      if (last.busy && this.connections.has(last)) return;
      watched.pop();
    }
    for (const connection of this.connections) if (connection.busy) watched.push(connection);
    if (watched.length === 0) this.#tell();
  }
}
