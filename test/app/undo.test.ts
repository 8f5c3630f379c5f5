import { expect } from 'chai';
import { describe, it } from 'mocha';
import { Undo } from '../../src/app/undo.js';

describe('undoing the steps of a start', () => {
  it('begins with the last, and waits for each', async () => {
    const undo = new Undo();
    const done: string[] = [];
    undo.push(() => void done.push('first'));
    undo.push(async () => {
      await undefined;
      done.push('second');
    });
    await undo.all();
    await undo.all();
    expect(done).to.deep.equal(['second', 'first']);
  });

  it('goes on after a step that failed, and tells of the first failure', async () => {
    const undo = new Undo();
    const done: string[] = [];
    undo.push(() => void done.push('first'));
    undo.push(() => Promise.reject(new Error('second')));
    undo.push(() => {
      throw new Error('third');
    });
    const failure = await undo.all().then(
      () => undefined,
      (error: Error) => error.message,
    );
    expect(failure).to.equal('third');
    expect(done).to.deep.equal(['first']);
  });
});
