import { flat } from './flat.js';

/** Bytes of a request's body that still travel with its head in envelope 2, and of each piece where they don't. */
export const PIECE = 64 * 1024;

/** What needs no escape in a JSON string. */
const PLAIN = /^[ !#-[\]-~]*$/;

/** A web request's head, as it is told to a handler. */
export interface RequestHead {
  readonly method: string;
  readonly url: string;
  /** `HTTP/1.1` */
  readonly protocol: string;
  /** Name, value, name, value, in the order and spelling received; bytes as Latin-1. */
  readonly headers: readonly string[];
  readonly scheme: 'http' | 'https';
  /** The client's address, without its port; empty where it has none. */
  readonly remoteAddr: string;
  /** What `commonMembers` makes of it, where that is known already. */
  readonly members?: string | undefined;
  /** Where the body's pieces will come, if not in the message itself. */
  readonly bodyAddr: string | undefined;
  /** Where the handler is told that nobody waits any more; in envelope 2 only. */
  readonly cancelAddr: string | undefined;
}

/** A request as in 2010. Its body follows as one message to `bodyAddr`, always. */
export function envelope1({ method, url, protocol, headers, bodyAddr = '' }: RequestHead): string {
  const joined = new Map<string, string>();
  for (let i = 0; i + 1 < headers.length; i += 2) {
    const name = canonicalName(headers[i] as string);
    const before = joined.get(name);
    joined.set(name, before === undefined ? (headers[i + 1] as string) : `${before},${headers[i + 1]}`);
  }
  const pairs = [...joined].map(([name, value]) => `${quote(name)}:${quote(value)}`);
  return (
    `{"method":${quote(method)},"url":${quote(url)},"protocol":${quote(protocol)},` +
    `"headers":{${pairs.join(',')}},"bodyAddr":${quote(bodyAddr)}}`
  );
}

/** A request in one message: the head, LF, and the body unless that comes in pieces. Few and large parts: see `flat`. */
export function envelope2(head: RequestHead, body: string): string {
  const { method, url, cancelAddr = '', bodyAddr, members = commonMembers(head) } = head;
  const pieces = bodyAddr === undefined ? END : `","bodyAddr":${quote(bodyAddr)}}\n`;
  return beginning(method) + within(url) + members + within(cancelAddr) + pieces + body;
}

const BEGINNINGS = new Map(
  ['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS'].map((method) => [method, begin(method)]),
);

function beginning(method: string): string {
  return BEGINNINGS.get(method) ?? begin(method);
}

function begin(method: string): string {
  return flat(`{"v":2,"method":${quote(method)},"url":"`);
}

const END = '"}\n';

/**
 * What follows the target in envelope 2, up to where `cancelAddr` begins: in this, requests with the same headers, from the same
 * client, do not differ.
 */
export function commonMembers({
  protocol,
  headers,
  scheme,
  remoteAddr,
}: Pick<RequestHead, 'protocol' | 'headers' | 'scheme' | 'remoteAddr'>): string {
  let list = '';
  for (let i = 0; i < headers.length; i++) list += (i === 0 ? '' : ',') + quote(headers[i] as string);
  return `","protocol":${quote(protocol)},"headers":[${list}],"scheme":"${scheme}","remoteAddr":${quote(remoteAddr)},"cancelAddr":"`;
}

/** `content-type` as `Content-Type`, the way Go writes it. */
function canonicalName(name: string): string {
  return name.toLowerCase().replace(/(^|-)[a-z]/g, (start) => start.toUpperCase());
}

/** A JSON string of ASCII only, so that a message's bytes are the same in every encoding of the handler's. */
function quote(text: string): string {
  return `"${within(text)}"`;
}

/** The same without its quotation marks. */
function within(text: string): string {
  if (PLAIN.test(text)) return text;
  const quoted = JSON.stringify(text).replace(
    /[\u007f-\uffff]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
  return quoted.slice(1, -1);
}
