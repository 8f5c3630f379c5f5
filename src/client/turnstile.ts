import { closed } from './refusal.js';

interface Waiting {
  pass(): void;
  fail(reason: unknown): void;
}

/** Where sends wait while the broker does not keep up; first come first served. */
export class Turnstile {
  readonly #waiting = new Set<Waiting>();
  #opening = false;

  /** @param isRoomy whether one more may pass */
  constructor(private readonly isRoomy: () => boolean) {}

  get isFree(): boolean {
    return this.#waiting.size === 0;
  }

  /**
   * Resolves with what `go` returns, which is called when its turn has come, and before the next one's.
   * @throws the signal's reason; MsgliteError `closed`; what `go` throws
   */
  wait<T>(signal: AbortSignal | undefined, go: () => T | Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      const aborted = () => waiting.fail(signal?.reason);
      const end = () => {
        this.#waiting.delete(waiting);
        signal?.removeEventListener('abort', aborted);
      };
      const waiting: Waiting = {
        pass: () => {
          end();
          try {
            resolve(go());
          } catch (error) {
            reject(error);
          }
        },
        fail: (reason) => {
          end();
          reject(reason);
        },
      };
      signal?.addEventListener('abort', aborted);
      this.#waiting.add(waiting);
    });
  }

  /** Lets pass, in order, as many as there is room for. */
  open(): void {
    if (this.isFree || this.#opening) return;
    this.#opening = true;
    for (const waiting of this.#waiting) {
      if (!this.isRoomy()) break;
      waiting.pass();
    }
    this.#opening = false;
  }

  close(): void {
    for (const waiting of [...this.#waiting]) waiting.fail(closed());
  }
}
