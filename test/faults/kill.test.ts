import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import Database from 'better-sqlite3';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { SqliteJournal } from '../../src/adapters/journal/sqlite/journal.js';
import { kept, restored } from '../contract/journal-parts.js';
import { scratch } from './scratch.js';

const COMMITTER = fileURLToPath(new URL('committer.js', import.meta.url));

describe('a broker killed while it commits', () => {
  const folder = scratch();

  /** Kills a committer after it has said so many commits done. Resolves with the last one it told of. */
  async function killAfter(file: string, sync: string, commits: number): Promise<number> {
    const args = [COMMITTER, file, sync, '1000000', '3000'];
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    const closed = once(child, 'close');
    let last = 0;
    for await (const line of createInterface(child.stdout)) {
      const [outcome, seq] = line.split(' ');
      if (outcome === 'open') continue;
      expect(outcome).to.equal('done');
      last = Number(seq);
      // What it had said before it died is still read.
      if (last >= commits) child.kill('SIGKILL');
    }
    await closed;
    expect(child.signalCode).to.equal('SIGKILL');
    return last;
  }

  for (const [sync, commits] of [
    ['full', 1],
    ['full', 37],
    ['full', 700],
    ['normal', 250],
    ['normal', 1500],
  ] as const) {
    it(`keeps all that it said was done: ${sync}, ${commits} commits`, async () => {
      const file = join(folder(), 'journal.db');
      const last = await killAfter(file, sync, commits);
      const journal = new SqliteJournal(file, sync);
      const moment = restored(journal).last?.moment;
      const messages = await kept(journal);
      await journal.close();
      // One more may be there, whose end it had no time to tell.
      expect(moment?.running).to.be.within(last, last + 1);
      const newest = moment?.running ?? 0;
      const expected = Array.from({ length: Math.min(10, newest) }, (_, i) => Math.max(0, newest - 10) + 1 + i);
      expect(messages.map(({ seq }) => seq)).to.deep.equal(expected);
      expect(messages.every(({ message }) => message.body === 'x'.repeat(3000))).to.equal(true);
      const db = new Database(file);
      expect(db.pragma('integrity_check', { simple: true })).to.equal('ok');
      db.close();
    });
  }
});
