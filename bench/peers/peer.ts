import type { Workplace } from '../load/job.js';

/** A program that work can be done with. */
export interface Peer {
  readonly name: string;
  /** As it says of itself. @returns undefined where it is not installed */
  version(): string | undefined;
  /** Starts it on the brokers' core. @param folder for its files @throws what kept it from taking connections */
  start(folder: string): Promise<Running>;
}

export interface Running extends Workplace {
  signal(signal: NodeJS.Signals): void;
  /** Resolves when it is gone. */
  stop(signal?: NodeJS.Signals): Promise<void>;
}

/** How a peer is spoken to. */
export type Network = 'unix' | 'tcp';
