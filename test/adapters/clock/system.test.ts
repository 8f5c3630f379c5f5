import { expect } from 'chai';
import { describe, it } from 'mocha';
import { SystemClock } from '../../../src/adapters/clock/system.js';
import type { Alarm } from '../../../src/ports/clock.js';

describe('SystemClock', () => {
  const clock = new SystemClock();

  /** An alarm, and a promise of its next ring. */
  function ringing(): { alarm: Alarm; rings: () => number; rung: () => Promise<number> } {
    let rings = 0;
    let heard: ((time: number) => void) | undefined;
    const alarm = clock.alarm(() => {
      rings++;
      heard?.(clock.now());
    });
    return {
      alarm,
      rings: () => rings,
      rung: () =>
        new Promise((resolve) => {
          heard = resolve;
        }),
    };
  }

  it('tells whole milliseconds on both clocks, and the monotonic one never steps back', () => {
    let last = clock.now();
    for (let i = 0; i < 1000; i++) {
      const now = clock.now();
      expect(now).to.be.at.least(last);
      expect(Number.isInteger(now)).to.equal(true);
      last = now;
    }
    expect(clock.wall()).to.be.greaterThan(Date.UTC(2024, 0));
  });

  it('rings once, not before its time', async () => {
    const { alarm, rings, rung } = ringing();
    const time = clock.now() + 15;
    alarm.set(time);
    expect(await rung()).to.be.at.least(time);
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect(rings()).to.equal(1);
  });

  it('rings at the later time when it was put off', async () => {
    const { alarm, rings, rung } = ringing();
    const start = clock.now();
    alarm.set(start + 5);
    alarm.set(start + 30);
    expect(await rung()).to.be.at.least(start + 30);
    expect(rings()).to.equal(1);
  });

  it('rings at the earlier time when it was brought forward', async () => {
    const { alarm, rung } = ringing();
    const start = clock.now();
    alarm.set(start + 60_000);
    alarm.set(start + 5);
    expect(await rung()).to.be.within(start + 5, start + 5000);
  });

  it('rings for a time that has passed, however often that is set', async () => {
    const { alarm, rung } = ringing();
    const end = clock.now() + 500;
    let going = true;
    const keepSetting = () => {
      alarm.set(clock.now() - 1);
      if (going && clock.now() < end) setImmediate(keepSetting);
    };
    keepSetting();
    expect(await rung()).to.be.lessThan(end);
    going = false;
    alarm.clear();
  });

  it('can be set again from within its ring', async () => {
    let rings = 0;
    await new Promise<void>((resolve) => {
      const alarm = clock.alarm(() => {
        rings++;
        if (rings < 3) alarm.set(clock.now() + 1);
        else resolve();
      });
      alarm.set(clock.now());
    });
    expect(rings).to.equal(3);
  });

  it('does not ring at once for a time beyond what a timer can hold, nor for Infinity, nor when cleared', async () => {
    const all = [ringing(), ringing(), ringing()];
    all[0]?.alarm.set(clock.now() + 2 ** 40);
    all[1]?.alarm.set(Number.POSITIVE_INFINITY);
    all[2]?.alarm.set(clock.now() + 1);
    all[2]?.alarm.clear();
    const { alarm, rung } = ringing();
    alarm.set(clock.now() + 20);
    await rung();
    expect(all.map((one) => one.rings())).to.deep.equal([0, 0, 0]);
    all[0]?.alarm.clear();
  });

  it('stands still while it is held', () => {
    const own = new SystemClock();
    own.hold();
    const held = own.now();
    while (clock.now() <= held);
    expect(own.now()).to.equal(held);
    own.release();
    expect(own.now()).to.be.greaterThan(held);
  });
});
