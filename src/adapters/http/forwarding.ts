import { isIP } from 'node:net';
import { TOKEN, trim } from './head/fields.js';
import type { GoodHead, Told } from './head/request.js';
import { isAuthority } from './head/target.js';
import { plainAddress, type Trust } from './trust.js';

/** Whom a request is from, as far as that is known. */
export interface Origin {
  /** The client's IP address; empty: unknown. */
  readonly address: string;
  readonly scheme: 'http' | 'https';
}

/**
 * Adds to a head whom it is passed on for: X-Forwarded-For, -Proto, -Host and Forwarded (RFC 7239). What it says of that
 * itself is kept where the peer is trusted, and otherwise forgotten.
 * @param peer as `plainAddress` makes it
 */
export function passOn({ headers, authority, told }: GoodHead, peer: string, trust: Trust): Origin {
  if (!saysAnything(told) || !trust.includes(peer)) {
    add(headers, peer, 'http', authority, forwardedBy(peer, 'http', authority));
    return { address: peer, scheme: 'http' };
  }
  const chain = (told.for ?? '').split(',').map(trim).filter(Boolean);
  const proto = told.proto?.toLowerCase();
  const scheme = proto === 'https' ? 'https' : 'http';
  const host = told.host !== undefined && isAuthority(told.host) ? told.host : authority;
  const element = forwardedBy(peer, scheme, host);
  const forwarded = told.forwarded === undefined ? element : `${told.forwarded}, ${element}`;
  add(headers, [...chain, peer].filter(Boolean).join(', '), scheme, host, forwarded);
  return { address: farthest(chain, peer, trust), scheme };
}

function saysAnything(told: Told): boolean {
  return told.for !== undefined || told.proto !== undefined || told.host !== undefined || told.forwarded !== undefined;
}

/** The last one that the trusted ones have seen themselves. */
function farthest(chain: readonly string[], peer: string, trust: Trust): string {
  let last = peer;
  for (let i = chain.length - 1; i >= 0 && trust.includes(last); i--) {
    const next = plainAddress(chain[i]);
    if (isIP(next) === 0) break;
    last = next;
  }
  return last;
}

function add(headers: string[], chain: string, scheme: string, authority: string, forwarded: string): void {
  if (chain !== '') headers.push('X-Forwarded-For', chain);
  headers.push('X-Forwarded-Proto', scheme);
  if (authority !== '') headers.push('X-Forwarded-Host', authority);
  headers.push('Forwarded', forwarded);
}

function forwardedBy(peer: string, scheme: string, authority: string): string {
  const from = peer === '' ? 'unknown' : peer.includes(':') ? `"[${peer}]"` : peer;
  const host = authority === '' ? '' : `;host=${TOKEN.test(authority) ? authority : `"${authority}"`}`;
  return `for=${from}${host};proto=${scheme}`;
}
