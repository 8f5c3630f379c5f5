import { option } from './option.js';
import { count, filePath, messageAddress, oneOf, seconds, size } from './values.js';

/** Options of the HTTP proxy. */
export const HTTP_TABLE = {
  'http-network': option({
    schema: oneOf('unix', 'tcp'),
    group: 'HTTP proxy:',
    value: 'unix|tcp',
    text: 'what --http-address is an address of; this or --http-address turns the proxy on',
    standardText: 'tcp',
    only: 'proxies',
  }),
  'http-address': option({
    schema: filePath,
    group: 'HTTP proxy:',
    value: 'ADDRESS',
    text: 'where web clients connect: HOST:PORT, or a socket file',
    standardText: '127.0.0.1:8080; for unix /tmp/msglite.http.socket',
    only: 'proxies',
  }),
  'http-msg-address': option({
    schema: messageAddress,
    group: 'HTTP proxy:',
    value: 'ADDRESS',
    text: 'message address that requests are sent to',
    standard: 'msglite.httpRequests',
    only: 'proxies',
  }),
  'http-envelope': option({
    schema: oneOf('1', '2').transform((text) => (text === '1' ? 1 : 2)),
    group: 'HTTP proxy:',
    value: '1|2',
    text: 'how requests are written: 1 as in 2010, with the body in a second message; 2 in one message',
    standard: '2',
    numeric: true,
    only: 'proxies',
  }),
  'http-timeout': option({
    schema: seconds(0.1),
    group: 'HTTP proxy:',
    value: 'SECONDS',
    text: 'time for an answer, waiting for a handler included; then 504',
    standard: '180',
    numeric: true,
    only: 'proxies',
  }),
  'http-max-body': option({
    schema: size(0),
    group: 'HTTP proxy:',
    value: 'BYTES',
    text: 'longest body of a request; beyond it 413',
    standard: '16M',
    numeric: true,
    only: 'proxies',
  }),
  'http-proxies': option({
    schema: count(1),
    group: 'HTTP proxy:',
    value: 'N',
    text: 'for up: how many proxy processes share the address',
    standard: '1',
    numeric: true,
    only: 'up',
  }),
  'http-redeliver': option({
    schema: oneOf('none', 'idempotent', 'all'),
    group: 'HTTP proxy:',
    value: 'none|idempotent|all',
    text: 'requests that another handler gets if theirs goes before it replies; idempotent: GET, HEAD, OPTIONS, TRACE, PUT, DELETE',
    standard: 'idempotent',
    only: 'proxies',
  }),
} as const;
