import type { Client } from '../client.js';

/**
 * Milliseconds for which a handler may work before we listen for its client's departure: most are done by then, and need
 * not pay for it. The word waits.
 */
const PATIENCE = 30;
/** Seconds: as long as there can be. */
const FOR_EVER = 999_999_999;

/** Waits for the word that nobody waits for an answer any more. */
export class Departure {
  readonly #abort = new AbortController();
  #timer: NodeJS.Timeout | undefined;

  /**
   * @param gone called once
   * @param failed the word can't be had
   */
  constructor(
    private readonly client: Client,
    private readonly address: string,
    private readonly gone: () => void,
    private readonly failed: (error: unknown) => void,
  ) {
    this.#timer = setTimeout(() => this.#listen(), PATIENCE);
  }

  /** It does not matter any more. */
  end(): void {
    clearTimeout(this.#timer);
    this.#abort.abort();
  }

  #listen(): void {
    const { signal } = this.#abort;
    this.client.ready(this.address, { timeout: FOR_EVER, signal }).then(
      (word) => {
        if (word !== undefined && !signal.aborted) this.gone();
      },
      (error) => {
        if (!signal.aborted) this.failed(error);
      },
    );
  }
}
