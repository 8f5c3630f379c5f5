import type { ResponseHead } from './head/response.js';

/** A response on its way to a web client, as those see it who have one to give. */
export interface Outgoing {
  /** Whether its client's side has taken all that was given. */
  readonly taken: boolean;
  /** Whether that was all of it. */
  readonly finished: boolean;
  /**
   * Gives the head. It leaves with what comes next.
   * @param last no other request is taken on this connection
   */
  begin(head: ResponseHead, last: boolean): void;
  /**
   * Gives some of the body: bytes as Latin-1, perhaps none.
   * @param taken called when the client's side has them
   * @returns whether it keeps pace; if not, who gives should wait until it has
   */
  write(bytes: string, taken: () => void): boolean;
  /** Gives the last of the body, perhaps nothing. */
  end(bytes: string): void;
  /** Calls once when the client's side keeps pace again. */
  onceDrained(then: () => void): void;
  /** Calls once when the client's side has all of it. */
  onceFinished(then: () => void): void;
  /** Asks the client for the body of its request. */
  askForBody(): void;
  /** Breaks it off, and with it the connection. */
  destroy(): void;
}
