import type { ListenAddress } from '../../adapters/tcp/listen.js';
import type { BrokerOptions, ProxyOptions } from '../options.js';

/** What a process under the supervisor is to be: with its options, so that it need not read them again. */
export type Work =
  | { readonly part: 'broker'; readonly options: BrokerOptions }
  | { readonly part: 'proxy'; readonly options: ProxyOptions };

/** What the supervisor tells its processes. */
export type Order =
  | { readonly order: 'begin'; readonly work: Work }
  /** `drain`: milliseconds for what is in flight, if not those of the options. */
  | { readonly order: 'stop'; readonly drain: number | undefined };

/** What they tell it. */
export type Report =
  /** The program is loaded: to begin will take no time. */
  { readonly report: 'loaded' } | { readonly report: 'ready'; readonly addresses: readonly ListenAddress[] };

/** Descriptor of the listening socket that a proxy inherits: those before it are the standard ones and the orders' channel. */
export const INHERITED = 4;
