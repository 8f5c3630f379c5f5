import { option } from './option.js';
import { filePath, oneOf, seconds, yesOrNo } from './values.js';

/** Options about who may connect. */
export const ACCESS_TABLE = {
  tokens: option({
    schema: filePath,
    group: 'Access:',
    value: 'FILE',
    text: 'clients need one of the tokens in this file, which msglite token makes; read again on SIGHUP',
    standardText: 'none: who can connect may do everything',
    only: 'broker',
  }),
  'tokens-on': option({
    schema: oneOf('all', 'tcp'),
    group: 'Access:',
    value: 'all|tcp',
    text: 'where they need one; without it, who may write to a socket file may do everything',
    standard: 'tcp',
    only: 'broker',
  }),
  'auth-timeout': option({
    schema: seconds(0.1),
    group: 'Access:',
    value: 'SECONDS',
    text: 'time a client has for the TLS handshake, and to show its token',
    standard: '10',
    numeric: true,
    only: 'broker',
  }),
  'tls-cert': option({
    schema: filePath,
    group: 'Access:',
    value: 'FILE',
    text: 'TLS on all TCP addresses: the certificate and its chain, in PEM; read again on SIGHUP, like the next two',
    only: 'broker',
  }),
  'tls-key': option({
    schema: filePath,
    group: 'Access:',
    value: 'FILE',
    text: 'its key',
    only: 'broker',
  }),
  'tls-ca': option({
    schema: filePath,
    group: 'Access:',
    value: 'FILE',
    text: "ask for clients' certificates, signed by one of these",
    only: 'broker',
  }),
  'tls-client-certs': option({
    schema: oneOf('require', 'allow'),
    group: 'Access:',
    value: 'require|allow',
    text: 'with --tls-ca, whether to turn away a client that has none',
    standard: 'require',
    only: 'broker',
  }),
  insecure: option({
    schema: yesOrNo,
    group: 'Access:',
    value: 'YES',
    text: 'listen beyond the loopback address without TLS and tokens all the same',
    standard: 'false',
    yesOrNo: true,
    only: 'broker',
  }),
} as const;
