import type { ListenAddress } from '../../adapters/tcp/listen.js';

/** What ended a process. */
export interface Ended {
  readonly code: number | undefined;
  readonly signal: string | undefined;
  /** Why it could not even be started. */
  readonly error: string | undefined;
}

/** A process under way. After its end its methods do nothing. */
export interface Launched {
  readonly pid: number | undefined;
  /** Lets it do its work. Until then it only loads its program, so that it can take over at once. */
  begin(): void;
  /** Asks it to finish what is in flight, and end. @param drain milliseconds for that, if not those of its options */
  stop(drain?: number): void;
  /** Ends it at once. */
  kill(): void;
}

/** Who is told about a process. Never within the call that launches it. */
export interface Watcher {
  /** Its program is loaded, and it waits for `begin`. */
  loaded(): void;
  /** It does its work. @param addresses where it listens */
  ready(addresses: readonly ListenAddress[]): void;
  /** It is gone. Nothing comes after that. */
  ended(ended: Ended): void;
}

/** Starts a process. */
export type Launch = (watcher: Watcher) => Launched;
