import { Problem } from '../problem.js';
import { HOP_BY_HOP, trim, withNamed, without } from './fields.js';
import { hostOf, isAuthority, isSameAuthority, readTarget } from './target.js';

/** A request's head, as node:http reads it. */
export interface RawHead {
  readonly method?: string | undefined;
  /** The target. */
  readonly url?: string | undefined;
  /** `1.1` */
  readonly httpVersion: string;
  /** Name, value, name, value, in the order and spelling received; bytes as Latin-1. */
  readonly rawHeaders: readonly string[];
}

/** What other proxies before us say of the request; undefined: nothing. Several headers of a name are joined by commas. */
export interface Told {
  /** X-Forwarded-For */
  for: string | undefined;
  /** X-Forwarded-Proto */
  proto: string | undefined;
  /** X-Forwarded-Host */
  host: string | undefined;
  /** Forwarded, RFC 7239 */
  forwarded: string | undefined;
}

/** A request head that makes sense, and what of it is passed on. */
export interface GoodHead {
  readonly method: string;
  /** `1.1` or `1.0` */
  readonly version: string;
  /** A path with its query, or `*`. */
  readonly url: string;
  /** Host and port as they were asked for; empty: HTTP/1.0 need not say. */
  readonly authority: string;
  /** The same without the port, in lower case. */
  readonly host: string;
  /** Name, value, name, value, in the order and spelling received, without what is about the connection. */
  readonly headers: string[];
  /** Bytes of the body; undefined if only its end will tell. */
  readonly length: number | undefined;
  readonly told: Told;
}

/** Names as nginx takes them: others could, in an environment of CGI's style, be taken for these. */
const NAME = /^[A-Za-z0-9-]+$/;
/** Digits that fit into a number. */
const LENGTH = /^\d{1,15}$/;

/**
 * Judges a request's head: what node:http lets through and should not, and what is not to be passed on.
 * @param most headers
 */
export function judgeRequestHead(raw: RawHead, most: number): GoodHead | Problem {
  const { method = '', url = '', httpVersion, rawHeaders } = raw;
  if (httpVersion !== '1.1' && httpVersion !== '1.0') return new Problem(505, 'HTTP/1.1 and HTTP/1.0 are spoken here');
  if (rawHeaders.length > 2 * most) return new Problem(431, `a request may have at most ${most} headers`);
  // RFC 9110, 9.3.6 and 9.3.8: what would come back is not the handler's to say.
  if (method === 'CONNECT' || method === 'TRACE') return new Problem(501, `${method} is not possible here`);
  const target = readTarget(method, url);
  if (typeof target === 'string') return bad(target);
  const fields = readFields(rawHeaders);
  const { hosts, lengths, encodings } = fields;
  const framing = judgeFraming(httpVersion, lengths, encodings);
  if (framing !== undefined) return framing;
  const wrong = judgeHost(httpVersion, hosts, target.authority);
  if (wrong !== undefined) return bad(wrong);
  const authority = hosts[0] ?? target.authority ?? '';
  return {
    method,
    version: httpVersion,
    url: target.url,
    authority,
    host: hostOf(authority),
    headers: fields.kept,
    length: encodings.length > 0 ? undefined : Number(lengths[0] ?? 0),
    told: fields.told,
  };
}

/** A head, sorted. */
interface Fields {
  readonly hosts: string[];
  readonly lengths: string[];
  readonly encodings: string[];
  readonly told: Told;
  kept: string[];
}

function readFields(raw: readonly string[]): Fields {
  const told = { for: undefined, proto: undefined, host: undefined, forwarded: undefined };
  const fields: Fields = { hosts: [], lengths: [], encodings: [], told, kept: [] };
  let dropped: ReadonlySet<string> | undefined;
  for (let i = 0; i < raw.length; i += 2) {
    const name = raw[i] as string;
    const value = raw[i + 1] as string;
    const low = name.toLowerCase();
    if (low === 'connection') dropped = namesNothing(value) ? dropped : withNamed(dropped ?? HOP_BY_HOP, value);
    else if (sort(low, value, fields) && NAME.test(name)) fields.kept.push(name, value);
  }
  if (dropped !== undefined) fields.kept = without(fields.kept, dropped);
  return fields;
}

/** Whether Connection says no more than most do. */
function namesNothing(connection: string): boolean {
  return /^(?:close|keep-alive)$/i.test(connection);
}

/** Whether the header is passed on. */
function sort(low: string, value: string, { hosts, lengths, encodings, told }: Fields): boolean {
  switch (low) {
    case 'host':
      hosts.push(trim(value));
      return true;
    case 'content-length':
      lengths.push(trim(value));
      return true;
    case 'transfer-encoding':
      encodings.push(trim(value).toLowerCase());
      return false;
    case 'x-forwarded-for':
      told.for = joined(told.for, value);
      return false;
    case 'x-forwarded-proto':
      told.proto = joined(told.proto, value);
      return false;
    case 'x-forwarded-host':
      told.host = joined(told.host, value);
      return false;
    case 'forwarded':
      told.forwarded = joined(told.forwarded, value);
      return false;
    // Where headers become variables of the environment, this would be the one that names the proxy for all that is fetched.
    case 'proxy':
    // It is answered here.
    case 'expect':
      return false;
    default:
      return !HOP_BY_HOP.has(low);
  }
}

function joined(before: string | undefined, value: string): string {
  return before === undefined ? trim(value) : `${before}, ${trim(value)}`;
}

/** RFC 9112, 6.1 to 6.3 */
function judgeFraming(version: string, lengths: readonly string[], encodings: readonly string[]): Problem | undefined {
  const [length] = lengths;
  if (lengths.length > 1) return bad('more than one Content-Length');
  if (length !== undefined && !LENGTH.test(length)) return bad('Content-Length is not a number of bytes');
  if (encodings.length === 0) return undefined;
  if (length !== undefined) return bad('Content-Length together with Transfer-Encoding');
  if (version === '1.0') return bad('HTTP/1.0 knows no Transfer-Encoding');
  const codings = encodings.join(',').split(',').map(trim);
  if (codings.indexOf('chunked') !== codings.length - 1) return bad('Transfer-Encoding must end with chunked, once');
  return codings.length === 1 ? undefined : new Problem(501, 'no Transfer-Encoding but chunked is understood here');
}

/** RFC 9112, 3.2, and more strictly where 3.2.2 lets the target win. */
function judgeHost(version: string, hosts: readonly string[], authority: string | undefined): string | undefined {
  const [host] = hosts;
  if (hosts.length > 1) return 'more than one Host';
  if (host === undefined) return version === '1.1' ? 'HTTP/1.1 wants a Host' : undefined;
  if (!isAuthority(host)) return 'Host is not a host';
  if (authority !== undefined && !isSameAuthority(host, authority)) return 'the target and Host name different hosts';
  return undefined;
}

function bad(text: string): Problem {
  return new Problem(400, text);
}
