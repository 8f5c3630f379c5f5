/** What a request asks for. */
export interface Target {
  /** The target as a handler gets it: a path with its query, or `*`. */
  readonly url: string;
  /** The host and port it names; undefined: it names none, Host does. */
  readonly authority: string | undefined;
}

/** RFC 3986, 3.2.2, without the characters that could be taken for the end of a host in another header. */
const AUTHORITY = /^(?:\[[0-9A-Fa-f:.]+\]|(?:[A-Za-z0-9\-._~]|%[0-9A-Fa-f]{2})+)(?::\d{0,5})?$/;
const ABSOLUTE = /^https?:\/\/([^/?]*)(.*)$/i;

/** Whether this is a host, perhaps with a port. */
export function isAuthority(text: string): boolean {
  return AUTHORITY.test(text);
}

/** A host without its port, in lower case. */
export function hostOf(authority: string): string {
  const port = authority.lastIndexOf(':');
  const host = port > authority.lastIndexOf(']') ? authority.slice(0, port) : authority;
  return host.toLowerCase();
}

/**
 * Reads the target of a request (RFC 9112, 3.2): a path, a whole URL, or for OPTIONS `*`.
 * @returns what is wrong, if it is none of these
 */
export function readTarget(method: string, url: string): Target | string {
  if (url.includes('#')) return 'a target has no #';
  if (url.startsWith('/')) return { url, authority: undefined };
  if (url === '*') return method === 'OPTIONS' ? { url, authority: undefined } : 'the target * is for OPTIONS';
  const [, authority = '', rest = ''] = ABSOLUTE.exec(url) ?? [];
  if (!isAuthority(authority)) return 'the target is no path and no http URL';
  return { url: originForm(method, rest), authority };
}

/** What is left of a URL (RFC 9112, 3.2.1 and 3.2.4). */
function originForm(method: string, rest: string): string {
  if (rest.startsWith('/')) return rest;
  return rest === '' && method === 'OPTIONS' ? '*' : `/${rest}`;
}

/** Whether they name the same host and port, where 80 is the port of none. */
export function isSameAuthority(one: string, other: string): boolean {
  return normal(one) === normal(other);
}

function normal(authority: string): string {
  return authority.toLowerCase().replace(/:(?:80)?$/, '');
}
