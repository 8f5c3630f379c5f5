import type { Endpoint } from '../machine/endpoint.js';

/** What is spoken on a socket. */
export type ProtocolName =
  | 'msglite'
  | 'tagged'
  | 'unleased'
  | 'redis'
  | 'nats'
  | 'beanstalkd'
  | 'http'
  | 'handler'
  | 'plain';

/** Where one end of the work is done, and how. */
export interface Side {
  readonly protocol: ProtocolName;
  readonly at: Endpoint;
}

/** Questions and answers: each client asks its next when it has its answer. */
export interface RoundTrips {
  readonly kind: 'round-trips';
  readonly clients: number;
  readonly workers: number;
}

/** Questions to those who are there already. */
export interface Questions {
  readonly kind: 'questions';
  readonly clients: number;
}

/** Messages from producers to consumers. */
export interface OneWay {
  readonly kind: 'one-way';
  readonly producers: number;
  readonly consumers: number;
  /** That a producer has out without a receipt; where there are no receipts, that it sends at once. */
  readonly outstanding: number;
}

/** Messages that nobody receives. */
export interface Fill {
  readonly kind: 'fill';
  readonly messages: number;
  /** They are spread over so many, in turn. */
  readonly addresses: number;
}

/** Connections that say hello and then nothing. */
export interface Idle {
  readonly kind: 'idle';
  readonly connections: number;
}

export type Work = RoundTrips | Questions | OneWay | Fill | Idle;

/** Where work is done. */
export interface Workplace {
  /** For those who ask or send. */
  readonly ask: Side;
  /** For those who answer or receive. */
  readonly answer: Side;
  /** Whose CPU and memory count. */
  readonly pids: readonly number[];
  /** Those of them whose CPU counts by itself, too. */
  readonly own?: readonly number[];
}

/** How long, for a work without an end. */
export interface Times {
  /** Seconds, before the measurement. */
  readonly warm: number;
  /** Seconds that it takes. */
  readonly seconds: number;
}

/** Work for a process of its own. */
export interface Job extends Workplace, Times {
  readonly work: Work;
  /** Bytes. */
  readonly body: number;
}

/** Bytes of each body. */
const BODY = 100;
/** The address, subject, list or tube that everybody uses. */
export const QUEUE = 'bench';
/** Seconds; longer than any measurement. */
export const LONG = 86_400;
/** Messages; more than any measurement has. */
export const MANY = 1_000_000_000;

/** Some work with one that runs. */
export function jobFor(work: Work, { ask, answer, pids, own }: Workplace, { warm, seconds }: Times): Job {
  return { work, ask, answer, body: BODY, pids, ...(own && { own }), warm, seconds };
}
