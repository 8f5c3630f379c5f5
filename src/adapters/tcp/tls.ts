import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createSecureContext, createServer, type SecureContextOptions, type Server, type TLSSocket } from 'node:tls';
import { CONNECTIONS } from './listen.js';

/** Files in PEM. */
export interface TlsSettings {
  readonly cert: string;
  readonly key: string;
  /** Of those who sign clients' certificates; undefined: clients are asked for none. */
  readonly ca: string | undefined;
  /** Whether a client without a certificate is let in. One with a wrong certificate never is. */
  readonly clientCerts: 'require' | 'allow';
}

/**
 * What a secure context is made from, as the files say now.
 * @throws naming the file that can't be read, or what is wrong with them together
 */
export function readTls({ cert, key, ca }: TlsSettings): SecureContextOptions {
  const context: SecureContextOptions = {
    cert: read('certificate', cert),
    key: read('key', key),
    ...(ca === undefined ? {} : { ca: read('certificates of those who sign', ca) }),
    minVersion: 'TLSv1.2',
  };
  checkPair(cert, key, context);
  if (ca !== undefined) checkAuthorities(ca, context.ca as Buffer);
  return context;
}

/** @throws unless a certificate and its key, read from these files, make a context */
export function checkPair(cert: string | undefined, key: string | undefined, context: SecureContextOptions): void {
  try {
    createSecureContext(context);
  } catch (cause) {
    throw new Error(`${cert} and ${key} make no certificate: ${(cause as Error).message}`, { cause });
  }
}

/**
 * OpenSSL passes over what is no certificate among those of authorities, and would trust nobody.
 * @throws if there is none in what was read from this file
 */
export function checkAuthorities(file: string | undefined, pem: Buffer): void {
  try {
    new X509Certificate(pem.toString('latin1'));
  } catch (cause) {
    throw new Error(`there is no certificate in ${file}: ${(cause as Error).message}`, { cause });
  }
}

/**
 * A server whose connections are secure before anybody else sees them.
 * @param patience milliseconds for a handshake
 * @param secured hears of each connection that is
 */
export function createTlsServer(
  { ca, clientCerts }: TlsSettings,
  context: SecureContextOptions,
  patience: number,
  secured: (socket: TLSSocket) => void,
): Server {
  const options = {
    ...CONNECTIONS,
    ...context,
    requestCert: ca !== undefined,
    rejectUnauthorized: ca !== undefined && clientCerts === 'require',
    handshakeTimeout: patience,
  };
  return createServer(options, (socket) => {
    if (ca === undefined || socket.authorized || hasNoCertificate(socket)) secured(socket);
    else socket.destroy();
  });
}

/** Only of one who need not have one: the others do not come so far. */
function hasNoCertificate(socket: TLSSocket): boolean {
  return Object.keys(socket.getPeerCertificate()).length === 0;
}

function read(what: string, file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (cause) {
    throw new Error(`cannot read the ${what} ${file}: ${(cause as Error).message}`, { cause });
  }
}
