/**
 * A child process that commits one message after another, and says on its output what came of each before it goes on:
 * `done 1`, `full 2`, `failed 3 …`, at the end `closed` or `not closed …`. The message before the last ten is removed.
 *
 * Arguments: the journal's file, its sync, how many commits, how many bytes in each body.
 */
import { writeSync } from 'node:fs';
import { SqliteJournal } from '../../src/adapters/journal/sqlite/journal.js';
import { batch, commit, restored, stored } from '../contract/journal-parts.js';

const [file = '', sync = '', count = '', size = ''] = process.argv.slice(2);

/** Straight to the descriptor: a line that was written is out, even if the next instruction is never reached. */
function say(line: string): void {
  writeSync(1, `${line}\n`);
}

const journal = new SqliteJournal(file, sync === 'full' ? 'full' : 'normal');
restored(journal);
say('open');
for (let seq = 1; seq <= Number(count); seq++) {
  const added = [stored(seq, { to: 'to', body: 'x'.repeat(Number(size)) })];
  const failure = await commit(journal, batch(added, [seq - 10], seq));
  say(failure === undefined ? `done ${seq}` : `${failure.kind} ${seq} ${failure.cause.message}`);
}
await journal.close().then(
  () => say('closed'),
  (error: Error) => say(`not closed: ${error.message}`),
);
