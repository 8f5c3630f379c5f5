import { expect } from 'chai';
import { describe, it } from 'mocha';
import { Quiet } from '../../../src/adapters/tcp/quiet.js';
import type { Connection } from '../../../src/adapters/tcp/session-parts.js';

/** Connections of which only `busy` is asked, and how often. */
function busyOnes(count: number) {
  let asked = 0;
  const busy = Array.from({ length: count }, () => true);
  const connections = busy.map((_, i) => ({
    get busy(): boolean {
      asked++;
      return busy[i] as boolean;
    },
  })) as unknown as Connection[];
  return { busy, connections: new Set(connections), asked: () => asked };
}

describe('Quiet', () => {
  it('comes at once where nobody is busy', async () => {
    await new Quiet(new Set()).comes();
  });

  it('comes when the last is done, also one that became busy meanwhile', async () => {
    const { busy, connections } = busyOnes(3);
    busy[0] = false;
    const quiet = new Quiet(connections);
    let came = false;
    const coming = quiet.comes().then(() => {
      came = true;
    });
    busy[0] = true;
    for (const i of [1, 2]) {
      busy[i] = false;
      quiet.look();
      await Promise.resolve();
      expect(came).to.equal(false);
    }
    busy[0] = false;
    quiet.look();
    await coming;
  });

  it('does not wait for a connection that is gone', async () => {
    const { connections } = busyOnes(2);
    const quiet = new Quiet(connections);
    const coming = quiet.comes();
    connections.clear();
    quiet.look();
    await coming;
  });

  it('gives up when it is told to', async () => {
    const quiet = new Quiet(busyOnes(2).connections);
    const coming = quiet.comes();
    quiet.giveUp();
    await coming;
  });

  it('asks each of many a few times only, in whatever order they are done', async () => {
    const { busy, connections, asked } = busyOnes(2000);
    const quiet = new Quiet(connections);
    const coming = quiet.comes();
    for (let i = 0; i < 2000; i += 2) {
      for (const j of [i, 1999 - i]) {
        busy[j] = false;
        quiet.look();
      }
    }
    await coming;
    expect(asked()).to.be.below(5 * 2000);
  });
});
