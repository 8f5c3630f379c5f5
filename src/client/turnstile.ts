import { closed } from './refusal.js';

interface Waiting {
  pass(): void;
  fail(reason: unknown): void;
}

/** Where sends wait while the broker does not keep up; first come first served. */
export class Turnstile {
  readonly #waiting = new Set<Waiting>();

  get isFree(): boolean {
    return this.#waiting.size === 0;
  }

  /** @throws the signal's reason; MsgliteError `closed` */
  wait(signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      const aborted = () => waiting.fail(signal?.reason);
      const end = () => {
        this.#waiting.delete(waiting);
        signal?.removeEventListener('abort', aborted);
      };
      const waiting: Waiting = {
        pass: () => {
          end();
          resolve();
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

  /** Lets all pass, in order. */
  open(): void {
    if (this.isFree) return;
    for (const waiting of [...this.#waiting]) waiting.pass();
  }

  close(): void {
    for (const waiting of [...this.#waiting]) waiting.fail(closed());
  }
}
