/** RFC 9110, 5.6.2: what the name of a header is made of. */
export const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;

/**
 * RFC 9110, 7.6.1: about one connection, so not passed on. What says how a body travels is among them: each side of the proxy
 * frames bodies for itself.
 */
export const HOP_BY_HOP: ReadonlySet<string> = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

/** Also what a Connection header names, in lower case, but nothing that is about the message itself. */
export function withNamed(dropped: ReadonlySet<string>, connection: string): ReadonlySet<string> {
  const all = new Set(dropped);
  for (const name of connection.split(',')) all.add(trim(name).toLowerCase());
  all.delete('content-length');
  all.delete('host');
  return all;
}

/** Name, value, name, value, without those of these names (in lower case). */
export function without(fields: readonly string[], dropped: ReadonlySet<string>): string[] {
  const kept: string[] = [];
  for (let i = 0; i < fields.length; i += 2) {
    const name = fields[i] as string;
    if (!dropped.has(name.toLowerCase())) kept.push(name, fields[i + 1] as string);
  }
  return kept;
}

/** Blanks around a value are not part of it. `String.trim` would take 0xA0 and others too. */
export function trim(value: string): string {
  let start = 0;
  let end = value.length;
  while (start < end && isBlank(value.charCodeAt(start))) start++;
  while (start < end && isBlank(value.charCodeAt(end - 1))) end--;
  return value.slice(start, end);
}

function isBlank(byte: number): boolean {
  return byte === 0x20 || byte === 0x09;
}
