import type { Endpoint } from '../machine/endpoint.js';

/** What is spoken on a socket. */
export type ProtocolName = 'msglite' | 'tagged' | 'redis' | 'nats' | 'beanstalkd' | 'http' | 'handler' | 'plain';

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

export type Work = RoundTrips | OneWay | Fill | Idle;

/** Work for a process of its own. */
export interface Job {
  readonly work: Work;
  readonly ask: Side;
  readonly answer: Side;
  /** Bytes. */
  readonly body: number;
  /** Whose CPU time is counted. */
  readonly pids: readonly number[];
  /** Seconds, for a work without an end. */
  readonly warm: number;
  readonly seconds: number;
}

/** Bytes of a body, unless the question says otherwise. */
export const BODY = 100;
/** The address, subject, list or tube that everybody uses. */
export const QUEUE = 'bench';
