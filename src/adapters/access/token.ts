import { createHash, randomBytes } from 'node:crypto';

/** Bytes of chance in a token: 192 bits. */
const BYTES = 24;

/** A fresh token, in hexadecimal digits. */
export function newToken(): string {
  return randomBytes(BYTES).toString('hex');
}

/**
 * What is kept of a token. One round of SHA-256 without salt is enough where the token was drawn by chance: slow, salted
 * hashes guard passwords, which people choose, so that they can be guessed; among 2^192 tokens there is nothing to guess.
 */
export function hashToken(token: string): Buffer {
  return createHash('sha256').update(token, 'latin1').digest();
}
