// The thread that has the journal's database. What it is asked for, and how it answers, is in calls.ts.
import { workerData } from 'node:worker_threads';
import type { JournalFailure } from '../../../ports/journal.js';
import { type Answer, type Call, ENDED, plain, type Start } from './calls.js';
import type { JournalFile } from './file.js';
import { packMessages, unpackBatch } from './handover.js';
import { buffers, type Packed } from './packing.js';
import { Telling } from './telling.js';

const { file, sync, port, answers } = workerData as Start;

process.on('exit', () => {
  Atomics.store(answers, 0, ENDED);
  Atomics.notify(answers, 0);
});

try {
  // Not before: that the database module can't be loaded is an answer too.
  const { JournalFile } = await import('./file.js');
  const journal = new JournalFile(file, sync);
  port.on('message', (call: Call) => attend(journal, call));
  answer({});
} catch (error) {
  answer(failed(error));
}

function attend(journal: JournalFile, call: Call): void {
  switch (call.to) {
    case 'commit':
      answer(ending(journal.commit(unpackBatch(call.batch))));
      break;
    case 'read': {
      const { found, failure } = journal.read(call.wanted, call.count, call.bytes);
      const packed = packMessages(found);
      answer({ found: packed, ...ending(failure) }, packed);
      break;
    }
    case 'restore':
      restore(journal);
      break;
    case 'close':
      close(journal);
  }
}

function restore(journal: JournalFile): void {
  const telling = new Telling((told) => answer({ told }, told));
  try {
    const last = journal.restore(telling);
    telling.end();
    answer({ last });
  } catch (error) {
    answer(failed(error));
  }
}

/** Then nothing keeps the thread alive. */
function close(journal: JournalFile): void {
  try {
    journal.close();
    answer({});
  } catch (error) {
    answer(failed(error));
  }
  port.close();
}

/** @param packed what of it is handed over, and not copied */
function answer(answer: Answer, packed?: Packed): void {
  port.postMessage(answer, packed ? buffers(packed) : []);
  Atomics.add(answers, 0, 1);
  Atomics.notify(answers, 0);
}

function ending(failure: JournalFailure | undefined): Answer {
  return failure === undefined ? {} : { failure: plain(failure) };
}

function failed(error: unknown): Answer {
  return ending({ kind: 'failed', cause: error as Error });
}
