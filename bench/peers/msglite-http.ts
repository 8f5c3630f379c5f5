import { join } from 'node:path';
import { QUEUE } from '../load/job.js';
import { freePort, listenOption } from '../machine/endpoint.js';
import { Program } from '../machine/program.js';
import { version } from '../version.js';
import { COMMAND } from './msglite.js';
import type { Peer } from './peer.js';

/** The broker with its HTTP proxy: inside of it, or `apart`, in a process of its own. Handlers come on a unix socket. */
export function msgliteHttp({ apart = false }: { apart?: boolean } = {}): Peer {
  return {
    name: 'msglite',
    version,
    async start(folder) {
      const [handlers, web] = [{ path: join(folder, 'socket') }, await freePort()];
      const node = [process.execPath, COMMAND];
      const broker = ['--listen', listenOption(handlers)];
      const http = ['--http-address', `127.0.0.1:${web.port}`, '--http-msg-address', QUEUE];
      const programs = [new Program([...node, ...broker, ...(apart ? [] : http)])];
      const stop = async (signal: NodeJS.Signals = 'SIGKILL') => {
        for (const program of [...programs].reverse()) await program.end(signal);
      };
      try {
        await programs[0]?.answering(handlers);
        if (apart) programs.push(new Program([...node, 'http', '--broker', listenOption(handlers), ...http]));
        await programs.at(-1)?.answering(web);
      } catch (error) {
        await stop('SIGKILL');
        throw error;
      }
      return {
        pids: programs.map(({ pid }) => pid),
        ask: { protocol: 'http', at: web },
        answer: { protocol: 'handler', at: handlers },
        signal: (signal) => programs[0]?.signal(signal),
        stop,
      };
    },
  };
}
