import type { Endpoint } from '../machine/endpoint.js';

/** How one broker is spoken to. Frames that are always the same are built before. */
export interface Protocol {
  /** Connects one who asks. @returns what asks; `answered` is called when its answer has come. */
  asker?(at: Endpoint, body: string, index: number, answered: () => void): () => void;
  /** Connects one who answers whatever comes. */
  answerer?(at: Endpoint, body: string, index: number): void;
  /** Connects one who sends. @returns what sends so many; `taken` is called when receipts for so many have come. */
  producer?(at: Endpoint, body: string, taken: (count: number) => void): Send;
  /** Connects one who receives; `ahead` is how many it may ask for before the first comes. */
  consumer?(at: Endpoint, ahead: number, received: (count: number) => void): void;
  /** Connects one who says hello and then nothing; `heard` is called when that is answered. */
  idler?(at: Endpoint, heard: () => void): void;
  /** Whether there are receipts. If not, `taken` is called when the system has taken what was sent. */
  readonly receipts: boolean;
}

/** Sends so many messages, each to this address. */
export type Send = (count: number, to: string) => void;
