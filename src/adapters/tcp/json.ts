/**
 * JSON in UTF-8, one character per byte. Addresses come as the bytes that clients sent, one character each: what is UTF-8
 * stays as it is, and what is not becomes U+FFFD, so that every client can read the rest.
 */
export function toJson(value: object): string {
  const json = JSON.stringify(value);
  return Buffer.from(Buffer.from(json, 'latin1').toString('utf8'), 'utf8').toString('latin1');
}
