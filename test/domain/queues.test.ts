import { expect } from 'chai';
import { describe, it } from 'mocha';
import { Queues } from '../../src/domain/queues.js';

describe('Queues', () => {
  it('are found by name, those of reply addresses as all others', () => {
    const queues = new Queues(1);
    const made = ['a', 'reply:a', '~a', 'reply'].map((name) => queues.need(name));
    expect(made.map(({ name }) => queues.get(name))).to.deep.equal(made);
    expect(queues.need('reply:a')).to.equal(made[1]);
    expect(queues.get('reply:b')).to.equal(undefined);
    expect(queues.size).to.equal(4);
    queues.remove(queues.need('reply:a'));
    queues.remove(queues.need('~a'));
    const left: string[] = [];
    queues.forEach(({ name }) => {
      left.push(name);
    });
    expect(left.sort()).to.deep.equal(['a', 'reply']);
    expect(queues.get('reply:a')).to.equal(undefined);
    expect(queues.size).to.equal(2);
  });
});
