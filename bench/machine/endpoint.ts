import { type AddressInfo, connect, createServer, type NetConnectOpts } from 'node:net';

/** A socket file, or a port of this machine. */
export type Endpoint = { readonly path: string } | { readonly port: number };

/** What msglite's options call it. */
export function listenOption(at: Endpoint): string {
  return 'path' in at ? `unix:${at.path}` : `tcp:127.0.0.1:${at.port}`;
}

export function connectOptions(at: Endpoint): NetConnectOpts {
  return 'path' in at ? { path: at.path } : { host: '127.0.0.1', port: at.port, noDelay: true };
}

/** @returns a port that was free a moment ago */
export async function freePort(): Promise<{ readonly port: number }> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return { port };
}

/** Resolves with whether somebody takes connections there. */
export function isAnswering(at: Endpoint): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(connectOptions(at));
    const answer = (yes: boolean) => {
      socket.destroy();
      resolve(yes);
    };
    socket.once('connect', () => answer(true));
    socket.once('error', () => answer(false));
  });
}
