import type { InferOutput } from 'valibot';
import { ACCESS_TABLE } from './access-table.js';
import { HTTP_TABLE } from './http-table.js';
import { type Option, option } from './option.js';
import { count, endpoint, endpoints, filePath, mode, oneOf, seconds, size } from './values.js';

const network = oneOf('unix', 'tcp');

export type { Audience, Option } from './option.js';

/** Every option there is: flags, environment, configuration file and help are all made from this. */
export const TABLE = {
  network: option({
    schema: network,
    group: 'Where:',
    value: 'unix|tcp',
    text: 'what --address is an address of',
    standard: 'unix',
  }),
  address: option({
    schema: filePath,
    group: 'Where:',
    value: 'ADDRESS',
    text: 'socket file, or HOST:PORT',
    standardText: '/tmp/msglite.socket; for tcp 127.0.0.1:9813',
  }),
  listen: option({
    schema: endpoint,
    group: 'Where:',
    value: 'WHERE',
    text: 'listen on unix:PATH or tcp:HOST:PORT; repeatable; in place of --network and --address, or beside them if those are given',
    repeatable: true,
    only: 'broker',
  }),
  broker: option({
    schema: endpoints,
    group: 'Where:',
    value: 'WHERE',
    text: 'for send, ready, query and http: the broker is at unix:PATH or tcp:HOST:PORT, or at one of several, separated by commas',
    only: 'commands',
  }),
  'socket-mode': option({
    schema: mode,
    group: 'Where:',
    value: 'OCTAL',
    text: 'permissions of the socket files: who may write to one can use the broker',
    standard: '0660',
    only: 'proxies',
  }),
  ...ACCESS_TABLE,
  ...HTTP_TABLE,
  journal: option({
    schema: filePath,
    group: 'Journal:',
    value: 'FILE',
    text: 'keep queued messages in this file, so that a new broker goes on where the last one ended',
    standardText: 'none: they are lost when the broker ends',
    only: 'broker',
  }),
  'journal-sync': option({
    schema: oneOf('full', 'normal'),
    group: 'Journal:',
    value: 'full|normal',
    text: "full survives the machine's crash, normal the broker's, and is faster",
    standard: 'full',
    only: 'broker',
  }),
  'journal-memory': option({
    schema: size(0),
    group: 'Journal:',
    value: 'BYTES',
    text: 'messages waiting in memory; beyond it, new ones are left in the journal until their turn comes',
    standard: '64M',
    numeric: true,
    only: 'broker',
  }),
  'max-line': option({
    schema: size(512),
    group: 'Limits:',
    value: 'BYTES',
    text: 'longest line of a command',
    standard: '8k',
    numeric: true,
    only: 'broker',
  }),
  'max-body': option({
    schema: size(0),
    group: 'Limits:',
    value: 'BYTES',
    text: 'longest body of a message',
    standard: '16M',
    numeric: true,
    only: 'broker',
  }),
  'max-queue-messages': option({
    schema: count(1),
    group: 'Limits:',
    value: 'N',
    text: 'messages waiting at one address',
    standard: '100000000',
    numeric: true,
    only: 'broker',
  }),
  'max-queue-bytes': option({
    schema: size(1),
    group: 'Limits:',
    value: 'BYTES',
    text: 'and their bytes in memory, each counted as its body and 300 more',
    standardText: 'three quarters of --max-bytes',
    numeric: true,
    only: 'broker',
  }),
  'max-messages': option({
    schema: count(1),
    group: 'Limits:',
    value: 'N',
    text: 'messages in all',
    standard: '100000000',
    numeric: true,
    only: 'broker',
  }),
  'max-bytes': option({
    schema: size(1),
    group: 'Limits:',
    value: 'BYTES',
    text: 'and their bytes, counted in the same way',
    standardText: "half of what Node's heap may grow to; see --max-old-space-size in NODE_OPTIONS",
    numeric: true,
    only: 'broker',
  }),
  'max-ids': option({
    schema: count(0),
    group: 'Limits:',
    value: 'N',
    text: "ids remembered, each while its message is there and for 5 minutes more; with a new one beyond it, 'full'",
    standard: '1000000',
    numeric: true,
    only: 'broker',
  }),
  'dead-lifetime': option({
    schema: seconds(1),
    group: 'Limits:',
    value: 'SECONDS',
    text: 'time for which dead letters are kept',
    standard: '604800',
    numeric: true,
    only: 'broker',
  }),
  'max-connections': option({
    schema: count(1),
    group: 'Limits:',
    value: 'N',
    text: 'connections at a time',
    standard: '10000',
    numeric: true,
    only: 'broker',
  }),
  'write-timeout': option({
    schema: seconds(0.1),
    group: 'Limits:',
    value: 'SECONDS',
    text: 'time a client has to take the next 64 KiB of its answers; then it is closed',
    standard: '30',
    numeric: true,
    only: 'broker',
  }),
  loglevel: option({
    schema: oneOf('minimal', 'info', 'debug'),
    group: 'Log:',
    value: 'minimal|info|debug',
    text: 'minimal: start, stop and trouble; info: connections and refusals too; debug: each message too',
    standard: 'minimal',
    only: 'proxies',
  }),
  'log-format': option({
    schema: oneOf('text', 'json'),
    group: 'Log:',
    value: 'text|json',
    text: 'for people or for machines; to stderr in both cases',
    standard: 'text',
    only: 'proxies',
  }),
  sockets: option({
    schema: oneOf('auto', 'native', 'node'),
    group: 'General:',
    value: 'auto|native|node',
    text: 'who reads and writes connections without TLS: the native part, Node.js alone, or auto: the first where it was built',
    standard: 'auto',
    only: 'proxies',
  }),
  'drain-timeout': option({
    schema: seconds(0),
    group: 'General:',
    value: 'SECONDS',
    text: 'on SIGTERM and SIGINT, time to finish what is in flight',
    standard: '10',
    numeric: true,
    only: 'proxies',
  }),
} as const;

export type OptionName = keyof typeof TABLE;

/** All options, in the order of the help. */
export const OPTIONS = Object.entries(TABLE) as readonly (readonly [OptionName, Option])[];

/** What an option's text becomes. */
type ValueOf<O extends Option> = O extends { readonly repeatable: true }
  ? readonly InferOutput<O['schema']>[] | undefined
  : O extends { readonly standard: string }
    ? InferOutput<O['schema']>
    : InferOutput<O['schema']> | undefined;

/** All values, checked; undefined where nothing was given and there is no standard. */
export type Values = { readonly [K in OptionName]: ValueOf<(typeof TABLE)[K]> };

export function optionOf(name: OptionName): Option {
  return TABLE[name];
}

export function isOptionName(name: string): name is OptionName {
  return Object.hasOwn(TABLE, name);
}

/** `http-address` in the environment. */
export function environmentName(name: string): string {
  return `MSGLITE_${name.toUpperCase().replaceAll('-', '_')}`;
}
