import { BlockList, isIP } from 'node:net';

/** Networks that have a name. */
const NAMED: Readonly<Record<string, readonly string[]>> = {
  loopback: ['127.0.0.0/8', '::1/128'],
  linklocal: ['169.254.0.0/16', 'fe80::/10'],
  uniquelocal: ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', 'fc00::/7'],
};

/** What stands for whoever connects to a unix socket. */
const UNIX = 'unix';

/** The peers that are believed when they say whom they pass requests on for. */
export class Trust {
  readonly #networks = new BlockList();
  #unix = false;

  /**
   * @param peers IP addresses, networks such as `10.0.0.0/8`, `loopback`, `linklocal`, `uniquelocal`, or `unix`
   * @throws RangeError naming one that is none of these
   */
  constructor(peers: readonly string[]) {
    for (const peer of peers) {
      if (peer === UNIX) this.#unix = true;
      else for (const network of NAMED[peer] ?? [peer]) this.#add(network);
    }
  }

  /** @param peer an IP address; empty: it came over a unix socket */
  includes(peer: string): boolean {
    if (peer === '') return this.#unix;
    const family = isIP(peer);
    return family !== 0 && this.#networks.check(peer, family === 4 ? 'ipv4' : 'ipv6');
  }

  #add(network: string): void {
    const [address = '', bits, ...more] = network.split('/');
    const family = isIP(address);
    const longest = family === 4 ? 32 : 128;
    const prefix = bits === undefined ? longest : /^\d{1,3}$/.test(bits) ? Number(bits) : Number.NaN;
    if (family === 0 || more.length > 0 || !(prefix <= longest)) throw new RangeError(network);
    this.#networks.addSubnet(address, prefix, family === 4 ? 'ipv4' : 'ipv6');
  }
}

/** An IPv4 address that a socket of both families shows as one of IPv6 is shown as itself. */
export function plainAddress(peer: string | undefined): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(peer ?? '');
  return mapped?.[1] ?? peer ?? '';
}
