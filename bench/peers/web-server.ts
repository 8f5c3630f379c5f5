import type { Endpoint } from '../machine/endpoint.js';
import type { Program } from '../machine/program.js';

/** A server that runs an application in worker processes. */
export interface WebServer {
  readonly name: string;
  /** As it says of itself. @returns undefined where it is not installed */
  version(): string | undefined;
  /** Starts it on the brokers' core. @param folder for its files */
  start(folder: string, workers: number): Promise<WebServing>;
}

export interface WebServing {
  /** Where it takes web requests. */
  readonly at: Endpoint;
  /** The one whose children are the workers. */
  readonly workers: Program;
  /** What else is needed; started before. */
  readonly others: readonly Program[];
}
