/**
 * A child process that commits one message after another, and says on its output what came of each before it goes on:
 * `done 1`, `full 2`, `failed 3 …`, at the end `closed` or `not closed …`. The message before the last ten is removed.
 *
 * Arguments: the journal's file, its sync, how many commits, how many bytes in each body.
 */
import { writeSync } from 'node:fs';
import { SqliteJournal } from '../../src/adapters/journal/sqlite/journal.js';
import { Message } from '../../src/domain/message.js';

const [file = '', sync = '', count = '', size = ''] = process.argv.slice(2);

/** Straight to the descriptor: a line that was written is out, even if the next instruction is never reached. */
function say(line: string): void {
  writeSync(1, `${line}\n`);
}

const journal = new SqliteJournal(file, sync === 'full' ? 'full' : 'normal');
journal.restore(() => undefined);
say('open');
for (let seq = 1; seq <= Number(count); seq++) {
  const message = new Message('to', undefined, 'x'.repeat(Number(size)), 60_000);
  const moment = { running: seq, wall: 1.7e12 };
  journal.commit({ added: [{ seq, due: 60_000, message }], removed: [seq - 10], moment }, (failure) => {
    say(failure === undefined ? `done ${seq}` : `${failure.kind} ${seq} ${failure.cause.message}`);
  });
}
await journal.close().then(
  () => say('closed'),
  (error: Error) => say(`not closed: ${error.message}`),
);
