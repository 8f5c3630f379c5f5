import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { versionOf } from '../machine/program.js';
import { ROOT } from '../root.js';
import type { Peer } from './peer.js';
import { started } from './started.js';

/** What no broker can do without: floor.c's reads and writes. Compiled when it is needed. */
export const floor: Peer = {
  name: 'floor',
  version: () => versionOf('cc', '--version'),
  async start(folder) {
    const program = join(folder, 'floor');
    const { status, stderr } = spawnSync('cc', ['-O2', '-Wall', '-o', program, `${ROOT}bench/peers/floor.c`]);
    if (status !== 0) throw new Error(`floor.c does not compile: ${stderr}`);
    const at = { path: join(folder, 'socket') };
    return started('msglite', at, [program, at.path]);
  },
};
