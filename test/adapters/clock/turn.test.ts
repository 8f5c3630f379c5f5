import { expect } from 'chai';
import { describe, it } from 'mocha';
import { MAX_ROUNDS, Phases } from '../../../src/adapters/clock/phases.js';
import { SystemTurn } from '../../../src/adapters/clock/turn.js';
import type { Turn } from '../../../src/ports/turn.js';

/** Notes the order in which tasks run. */
function noting(turn: Turn) {
  const order: string[] = [];
  return {
    order,
    add: (phase: 'resume' | 'flush' | 'commit', name: string, then?: () => void) =>
      turn[phase](() => {
        order.push(name);
        then?.();
      }),
  };
}

describe('Phases', () => {
  it('runs resume before flush before commit, whatever was asked for first', () => {
    const phases = new Phases();
    const { order, add } = noting(phases);
    add('commit', 'c');
    add('flush', 'f1');
    add('resume', 'r');
    add('flush', 'f2');
    expect(phases.run()).to.equal(false);
    expect(order).to.deep.equal(['r', 'f1', 'f2', 'c']);
  });

  it('flushes what a commit answers in the same run', () => {
    const phases = new Phases();
    const { order, add } = noting(phases);
    add('commit', 'commit', () => add('flush', 'receipt'));
    expect(phases.run()).to.equal(false);
    expect(order).to.deep.equal(['commit', 'receipt']);
  });

  it('commits once, after every connection has gone on as far as it could', () => {
    const phases = new Phases();
    const { order, add } = noting(phases);
    add('commit', 'commit');
    add('resume', 'r1', () => add('resume', 'r2', () => add('flush', 'f', () => add('resume', 'r3'))));
    phases.run();
    expect(order).to.deep.equal(['r1', 'r2', 'f', 'r3', 'commit']);
  });

  it('stops after a number of rounds, having committed and flushed', () => {
    const phases = new Phases();
    const { order, add } = noting(phases);
    let rounds = 0;
    const again = () => {
      rounds++;
      phases.resume(again);
    };
    phases.resume(again);
    add('commit', 'commit', () => add('flush', 'receipt'));
    expect(phases.run()).to.equal(true);
    expect(rounds).to.equal(MAX_ROUNDS);
    expect(order).to.deep.equal(['commit', 'receipt']);
  });

  it('runs each task once', () => {
    const phases = new Phases();
    let runs = 0;
    phases.flush(() => runs++);
    phases.run();
    phases.run();
    expect(runs).to.equal(1);
    expect(phases.empty).to.equal(true);
  });
});

describe('SystemTurn', () => {
  it('runs after the present call, in one go with what comes meanwhile', async () => {
    const turn = new SystemTurn();
    const { order, add } = noting(turn);
    add('commit', 'c');
    add('resume', 'r', () => add('flush', 'f'));
    expect(order).to.deep.equal([]);
    await new Promise((resolve) => setImmediate(resolve));
    expect(order).to.deep.equal(['r', 'f', 'c']);
  });

  it('runs again in a later turn', async () => {
    const turn = new SystemTurn();
    await new Promise<void>((resolve) => turn.flush(resolve));
    await new Promise<void>((resolve) => turn.commit(resolve));
  });

  it('lets the event loop have its turn within endless work', async () => {
    const turn = new SystemTurn();
    let rounds = 0;
    let over = false;
    const again = () => {
      rounds++;
      if (!over) turn.resume(again);
    };
    turn.resume(again);
    // A timer that is due when the loop is entered would come before all of it.
    await new Promise((resolve) => setImmediate(resolve));
    await new Promise((resolve) => setTimeout(resolve, 1));
    over = true;
    expect(rounds).to.be.at.least(MAX_ROUNDS);
  });
});

describe('SystemTurn, told by who reads when a turn begins and ends', () => {
  it('ends it there, with all that was asked for meanwhile, and with what that asks for', async () => {
    const turn = new SystemTurn();
    const { order, add } = noting(turn);
    turn.begin();
    add('flush', 'read', () => add('flush', 'asked'));
    expect(order).to.deep.equal([]);
    turn.end();
    expect(order).to.deep.equal(['read', 'asked']);
    add('flush', 'afterwards');
    await new Promise((resolve) => setImmediate(resolve));
    expect(order).to.deep.equal(['read', 'asked', 'afterwards']);
  });

  it('takes with it what was asked for before, and leaves what takes too many rounds to the event loop', async () => {
    const turn = new SystemTurn();
    const { order, add } = noting(turn);
    const again = () => {
      if (order.length < 2 * MAX_ROUNDS) add('resume', 'again', again);
    };
    add('resume', 'before', again);
    turn.begin();
    turn.end();
    expect(order).to.have.length(MAX_ROUNDS);
    await new Promise((resolve) => setImmediate(resolve));
    expect(order).to.have.length(2 * MAX_ROUNDS);
  });
});
