import { expect } from 'chai';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import { Entry } from '../../src/domain/entry.js';
import { Queue } from '../../src/domain/queue.js';
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
