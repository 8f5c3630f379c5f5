import { expect } from 'chai';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import { Entry } from '../../src/domain/entry.js';
import { Queue } from '../../src/domain/queue.js';
import { Queues } from '../../src/domain/queues.js';
import { message } from '../support/exchange.js';

describe('Queue', () => {
  it('keeps the order in which messages were taken, whatever goes out and comes back', () => {
    const step = fc.record({ kind: fc.constantFrom('append', 'take', 'putBack', 'remove'), at: fc.nat(50) });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 150 }), (steps) => {
        const queue = new Queue('a');
        let seq = 0;
        const waiting: Entry[] = [];
        const out: Entry[] = [];
        for (const { kind, at } of steps) {
          if (kind === 'append') {
            const entry = new Entry(message('a', 'x'.repeat(at)), ++seq, 1000);
            queue.append(entry);
            waiting.push(entry);
          } else if (kind === 'take' && waiting.length > 0) {
            const entry = waiting.shift() as Entry;
            expect(queue.head).to.equal(entry);
            queue.remove(entry);
            out.push(entry);
          } else if (kind === 'putBack' && out.length > 0) {
            const [entry] = out.splice(at % out.length, 1) as [Entry];
            queue.putBack(entry);
            waiting.push(entry);
            waiting.sort((a, b) => a.seq - b.seq);
          } else if (kind === 'remove' && waiting.length > 0) {
            const [entry] = waiting.splice(at % waiting.length, 1) as [Entry];
            queue.remove(entry);
          }
          expect(queue.head).to.equal(waiting[0]);
          expect(queue.count).to.equal(waiting.length);
          expect(queue.bytes).to.equal(waiting.reduce((sum, { cost }) => sum + cost, 0));
          expect(queue.idle).to.equal(waiting.length === 0);
        }
      }),
    );
  });
});

describe('Queues', () => {
  it('agrees with a Map while it grows and shrinks', () => {
    fc.assert(
      fc.property(fc.nat(0x3fffffff), fc.array(fc.nat(1500), { maxLength: 3000, size: 'max' }), (seed, names) => {
        const queues = new Queues(seed);
        const model = new Map<string, Queue>();
        const check = (name: string) => expect(queues.get(name)).to.equal(model.get(name));
        for (const number of names) {
          const name = `queue-${number}`;
          check(name);
          const queue = model.get(name);
          if (queue === undefined) {
            model.set(name, queues.need(name));
          } else {
            queues.remove(queue);
            model.delete(name);
          }
          check(name);
          expect(queues.size).to.equal(model.size);
        }
        for (const name of model.keys()) check(name);
        for (const [name, queue] of [...model]) {
          queues.remove(queue);
          model.delete(name);
          check(name);
        }
        expect(queues.size).to.equal(0);
      }),
      { numRuns: 30 },
    );
  });

  it('finds names that differ in one character only', () => {
    const queues = new Queues(1);
    for (let i = 0; i < 256; i++) queues.need(`a${String.fromCharCode(i)}`);
    for (let i = 0; i < 256; i++) {
      const name = `a${String.fromCharCode(i)}`;
      expect(queues.get(name)?.name).to.equal(name);
    }
    expect(queues.get('a')).to.equal(undefined);
    expect(queues.get('')).to.equal(undefined);
  });
});
