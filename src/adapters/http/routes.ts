/** Where some requests are sent. */
export interface RouteOptions {
  /** Undefined: whatever the method. HEAD goes where GET goes. */
  readonly methods: readonly string[] | undefined;
  /** In lower case: a host, `.example.org` for all hosts below that one, or empty for all. */
  readonly host: string;
  /** A path: it, and what is below it. Empty: all. */
  readonly prefix: string;
  /** The message address. */
  readonly to: string;
  /** Requests of this proxy that may wait for the beginning of their answers; Infinity: as many as there are. */
  readonly max: number;
}

/** Milliseconds over which it is measured how fast requests are answered. */
const MEASURED = 10_000;
/** Seconds: nobody is sent away for longer. */
const LONGEST_RETRY = 60;

/** A route, and what is under way on it. */
export class Route {
  /** Requests that wait for the beginning of their answers. */
  waiting = 0;
  /** Answers begun in a millisecond, as of `#at`. */
  #rate = 0;
  #at = 0;

  constructor(readonly options: RouteOptions) {}

  get to(): string {
    return this.options.to;
  }

  get full(): boolean {
    return this.waiting >= this.options.max;
  }

  /** An answer has begun. */
  answered(now: number): void {
    this.#rate = this.#rateAt(now) + 1 / MEASURED;
    this.#at = now;
  }

  /** Seconds after which what waits now is likely answered. */
  retryAfter(now: number): number {
    const seconds = Math.ceil(this.waiting / this.#rateAt(now) / 1000);
    return Math.max(1, Math.min(LONGEST_RETRY, Number.isNaN(seconds) ? 1 : seconds));
  }

  matches(method: string, host: string, path: string): boolean {
    const { methods, host: wanted, prefix } = this.options;
    if (methods !== undefined && !methods.includes(method === 'HEAD' ? 'GET' : method) && !methods.includes(method)) {
      return false;
    }
    const right = wanted.startsWith('.') ? host.endsWith(wanted) : wanted === '' || host === wanted;
    return right && isBelow(path, prefix);
  }

  #rateAt(now: number): number {
    return this.#rate * Math.exp((this.#at - now) / MEASURED);
  }
}

/** All routes; the first that matches wins. */
export class Routes {
  readonly #all: readonly Route[];
  /** The only one, where it takes everything. */
  readonly #only: Route | undefined;

  constructor(all: readonly RouteOptions[]) {
    this.#all = all.map((options) => new Route(options));
    const [first] = all;
    if (first?.host === '' && first.prefix === '' && first.methods === undefined) [this.#only] = this.#all;
  }

  /** @param host without its port, in lower case */
  find(method: string, host: string, url: string): Route | undefined {
    if (this.#only !== undefined) return this.#only;
    const path = pathOf(url);
    return this.#all.find((route) => route.matches(method, host, path));
  }
}

/** `[METHOD,METHOD:][HOST][/PATH]=ADDRESS[;max=N]`, where the host is `*` or begins with `*.` for several; undefined: it is not. */
export function parseRoute(text: string): RouteOptions | undefined {
  const parts =
    /^(?:([A-Z]+(?:,[A-Z]+)*):)?([^/=\s:]*|\[[0-9a-f:.]+\])(\/[^\s=]*)?=([^=\s]+?)(?:;max=(\d{1,9}))?$/i.exec(text);
  if (parts === null) return undefined;
  const [, methods, host = '', prefix = '', to = '', max] = parts;
  if (methods !== undefined && methods !== methods.toUpperCase()) return undefined;
  if (!/^(?:\*|(?:\*\.)?[^*]*)$/.test(host) || max === '0' || (host === '' && prefix === '')) return undefined;
  return {
    methods: methods?.split(','),
    host: host.replace(/^\*/, '').toLowerCase(),
    prefix: prefix === '/' ? '' : prefix,
    to,
    max: max === undefined ? Number.POSITIVE_INFINITY : Number(max),
  };
}

/** Everything. */
export function defaultRoute(to: string): RouteOptions {
  return { methods: undefined, host: '', prefix: '', to, max: Number.POSITIVE_INFINITY };
}

/**
 * The path by which a request is routed: what has another spelling (RFC 3986, 6.2.2) is not to slip past a prefix. The
 * handler gets the target as it came.
 */
export function pathOf(url: string): string {
  const query = url.indexOf('?');
  const path = query === -1 ? url : url.slice(0, query);
  if (!/%|\/\.|\/\//.test(path)) return path;
  const plain = path.replace(/%([2-7][0-9a-f])/gi, (_all, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
  const segments: string[] = [];
  const all = plain.split('/').slice(1);
  for (const segment of all) {
    if (segment === '..') segments.pop();
    else if (segment !== '.' && segment !== '') segments.push(segment);
  }
  const open = /^\.{0,2}$/.test(all.at(-1) ?? '') && segments.length > 0;
  return `/${segments.join('/')}${open ? '/' : ''}`;
}

function isBelow(path: string, prefix: string): boolean {
  if (!path.startsWith(prefix)) return false;
  return path.length === prefix.length || prefix === '' || prefix.endsWith('/') || path[prefix.length] === '/';
}
