import { z } from 'zod';
import { parseRoute, type RouteOptions } from '../../adapters/http/routes.js';
import { Trust } from '../../adapters/http/trust.js';
import { type Endpoint, parseEndpoint, parseEndpoints } from '../../client/address.js';
import { isAddress } from '../../domain/address.js';

/** Every option's value comes as text, wherever it was written. Messages say what was expected. */

const UNITS: Readonly<Record<string, number>> = { '': 1, k: 1024, m: 1024 ** 2, g: 1024 ** 3 };
const LONGEST_SECONDS = 30 * 24 * 3600;

/** One of a few words. */
export function oneOf<const T extends readonly [string, ...string[]]>(...words: T) {
  return z.enum(words, { error: `one of: ${words.join(', ')}` });
}

/** What is on or off. */
export const yesOrNo = oneOf('true', 'false').transform((text) => text === 'true');

/** Bytes, in units of 1024 where a letter follows. */
export function size(least: number) {
  const error = `a size of at least ${least} bytes, such as 4096, 64k, 16M or 2G`;
  return z
    .string()
    .regex(/^\d{1,15}[kmg]?$/i, { error })
    .transform((text) => Number.parseInt(text, 10) * (UNITS[text.replace(/^\d+/, '').toLowerCase()] as number))
    .refine((bytes) => bytes >= least && Number.isSafeInteger(bytes), { error });
}

/** A number of things. */
export function count(least: number) {
  const error = `a whole number of at least ${least}`;
  return z
    .string()
    .regex(/^\d{1,15}$/, { error })
    .transform(Number)
    .refine((value) => value >= least, { error });
}

/** Seconds as written, milliseconds as result. */
export function seconds(least: number) {
  const error = `seconds from ${least} to ${LONGEST_SECONDS} (30 days), such as 10 or 0.5`;
  return z
    .string()
    .regex(/^\d{1,9}(\.\d{1,3})?$/, { error })
    .transform((text) => Math.round(Number(text) * 1000))
    .refine((milliseconds) => milliseconds >= least * 1000 && milliseconds <= LONGEST_SECONDS * 1000, { error });
}

/** Permissions as in chmod. */
export const mode = z
  .string()
  .regex(/^0?[0-7]{3}$/, { error: 'permissions in octal, such as 0660' })
  .transform((text) => Number.parseInt(text, 8));

export const filePath = z
  .string()
  .refine((text) => text !== '' && !text.includes('\0'), { error: 'the path of a file' });

/** A token, as it is shown to a broker: one word. */
export const secret = z.string().regex(/^[\x21-\x7e]{1,255}$/, { error: 'one word' });

/** A message address, as the binary string that goes on the wire. */
export const messageAddress = z
  .string()
  .transform((text) => Buffer.from(text).toString('latin1'))
  .refine(isAddress, { error: 'an address: 1 to 255 bytes without blanks' });

/** Which requests go where. */
export const route = z.string().transform((text, context): RouteOptions => {
  const parsed = parseRoute(text);
  const to = messageAddress.safeParse(parsed?.to);
  if (parsed !== undefined && to.success) return { ...parsed, to: to.data };
  context.addIssue({
    code: 'custom',
    message: '[GET,POST:]HOST[/PATH]=ADDRESS[;max=N], such as *=web or a.example/b=web.b',
  });
  return z.NEVER;
});

/** Peers of the HTTP proxy that are believed. */
export const trusted = z.string().refine(isTrustable, {
  error: 'an IP address, a network such as 10.0.0.0/8, or one of: loopback, linklocal, uniquelocal, unix',
});

function isTrustable(text: string): boolean {
  try {
    return new Trust([text]) instanceof Trust;
  } catch (error) {
    if (error instanceof RangeError) return false;
    throw error;
  }
}

/** `unix:/path` or `tcp:host:port`. */
export const endpoint = z.string().transform((text, context): Endpoint => {
  const parsed = parseEndpoint(text);
  if (parsed !== undefined) return parsed;
  context.addIssue({ code: 'custom', message: 'unix:/path or tcp:host:port' });
  return z.NEVER;
});

/** One endpoint, or several with commas between them. */
export const endpoints = z.string().transform((text, context): readonly Endpoint[] => {
  const parsed = parseEndpoints(text);
  if (parsed !== undefined) return parsed;
  context.addIssue({ code: 'custom', message: 'unix:/path or tcp:host:port, or several of them with commas between' });
  return z.NEVER;
});
