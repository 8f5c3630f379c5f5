import { join } from 'node:path';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { type Answer, type Call, revived } from '../../../src/adapters/journal/sqlite/calls.js';
import { JournalError } from '../../../src/adapters/journal/sqlite/errors.js';
import { Thread } from '../../../src/adapters/journal/sqlite/thread.js';
import { scratch } from '../../faults/scratch.js';

/** What no journal asks for: the thread dies of it, as it does of anything that nobody has foreseen. */
const DEADLY = { to: 'commit', batch: undefined } as unknown as Call;
const READ: Call = { to: 'read', wanted: { of: 'due', by: 1 }, count: 1, bytes: 1 };

describe("the journal's thread", () => {
  const folder = scratch();

  function begin(): { thread: Thread; file: string; opened: Answer[] } {
    const file = join(folder(), 'journal.db');
    const opened: Answer[] = [];
    const thread = new Thread(file, 'full', (answer) => opened.push(answer));
    return { thread, file, opened };
  }

  /** How a call was answered: `well`, or with what. */
  function outcome({ failure }: Answer): string {
    if (failure === undefined) return 'well';
    const { kind, cause } = revived(failure);
    expect(cause).to.be.instanceOf(JournalError);
    return `${kind}: ${cause.message}`;
  }

  it('has opened the file before it is there', async () => {
    const { thread, opened } = begin();
    expect(opened.map(outcome)).to.deep.equal(['well']);
    thread.call({ to: 'close' }, undefined, () => undefined);
    await thread.gone();
    await thread.gone();
  });

  it('answers with its end what it was asked when it died, and all that it is asked after', async () => {
    const { thread, file } = begin();
    const told: string[] = [];
    const ask = (call: Call) => thread.call(call, undefined, (answer) => told.push(outcome(answer)));
    for (const call of [READ, DEADLY, READ]) ask(call);
    await thread.gone();
    ask(READ);
    const end = `failed: the thread of the journal ${file} has ended`;
    expect(told).to.deep.equal(['well', end, end, end]);
  });

  it('says why it died', async () => {
    const { thread } = begin();
    const answered = new Promise<Answer>((resolve) => thread.call(DEADLY, undefined, resolve));
    const { failure } = await answered;
    expect(failure?.cause?.message).to.match(/undefined/);
    await thread.gone();
  });

  it('is not waited for in vain when it dies', async () => {
    const { thread, file } = begin();
    const told: string[] = [];
    thread.call(DEADLY, undefined, (answer) => told.push(outcome(answer)));
    thread.await();
    expect(told).to.deep.equal([`failed: the thread of the journal ${file} has ended`]);
    await thread.gone();
  });
});
