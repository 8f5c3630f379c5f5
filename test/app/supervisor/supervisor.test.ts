import { expect } from 'chai';
import { beforeEach, describe, it } from 'mocha';
import { Supervisor } from '../../../src/app/supervisor/supervisor.js';
import { ManualClock } from '../../support/clock.js';
import { type FakeProcess, Launches } from '../../support/launches.js';
import { MemoryLog } from '../../support/log.js';

const DRAIN = 3000;

describe('a supervisor', () => {
  let clock: ManualClock;
  let log: MemoryLog;
  let launches: Launches;
  let bound: unknown[];
  let ups: number;

  beforeEach(() => {
    clock = new ManualClock();
    log = new MemoryLog('minimal');
    launches = new Launches();
    bound = [];
    ups = 0;
  });

  function supervise(proxies: number): Supervisor {
    const supervisor = new Supervisor({
      clock,
      log,
      random: () => 0,
      broker: launches.launch('broker'),
      proxy: launches.launch('proxy'),
      proxies,
      drain: () => DRAIN,
      brokerReady: (addresses) => bound.push(addresses),
      up: () => ups++,
    });
    supervisor.start();
    return supervisor;
  }

  /** With everything ready, and nothing new. */
  function upAndRunning(proxies = 1): { supervisor: Supervisor; broker: FakeProcess; others: FakeProcess[] } {
    const supervisor = supervise(proxies);
    const broker = launches.last;
    broker.ready();
    const others = launches.all.slice(1);
    for (const proxy of others) proxy.ready();
    launches.news();
    return { supervisor, broker, others };
  }

  function logged(): string[] {
    return log.lines.map(({ text, fields }) => `${text} ${fields.process}`);
  }

  describe('starts', () => {
    it('the broker, and the proxies when it answers', () => {
      supervise(2);
      expect(launches.news()).to.deep.equal(['broker 1: launched', 'broker 1: begin']);
      launches.last.ready('/here');
      expect(bound).to.deep.equal([[{ path: '/here', mode: 0o600 }]]);
      const proxies = ['proxy 2: launched', 'proxy 2: begin', 'proxy 3: launched', 'proxy 3: begin'];
      expect(launches.news()).to.deep.equal(proxies);
      launches.all[1]?.ready();
      expect(ups).to.equal(0);
      launches.all[2]?.ready();
      expect(ups).to.equal(1);
    });

    it('and ends with the exit code of what can not start at all', async () => {
      const supervisor = supervise(1);
      launches.last.exit(2);
      expect(await supervisor.ended).to.equal(2);
      expect(launches.all).to.have.length(1);
    });

    it('and ends the broker where it is the proxy that can not start', async () => {
      const supervisor = supervise(1);
      const broker = launches.last;
      broker.ready();
      launches.last.exit(1);
      expect(broker.orders).to.deep.equal(['begin', `stop ${DRAIN}`]);
      broker.exit(0);
      expect(await supervisor.ended).to.equal(1);
    });

    it('and tries again what was killed, or could not even be made, before it was ready', () => {
      supervise(1);
      launches.last.die();
      clock.advance(50);
      launches.last.fail('EAGAIN');
      clock.advance(100);
      expect(launches.all).to.have.length(3);
      launches.last.ready();
      expect(bound).to.have.length(1);
    });
  });

  describe('starts again what dies', () => {
    it('after a pause', () => {
      const { broker, others } = upAndRunning();
      broker.die();
      clock.advance(49);
      expect(launches.news()).to.deep.equal([]);
      clock.advance(1);
      expect(launches.news()).to.deep.equal(['broker 3: launched', 'broker 3: begin']);
      launches.last.ready();
      others[0]?.exit(0);
      clock.advance(50);
      expect(launches.news()).to.deep.equal(['proxy 4: launched', 'proxy 4: begin']);
      launches.last.ready();
      expect(ups).to.equal(1);
    });

    it('after longer and longer ones, also with a failure of its own', () => {
      upAndRunning().broker.exit(1);
      for (const pause of [50, 100, 200, 400]) {
        const before = launches.all.length;
        clock.advance(pause - 1);
        expect(launches.all).to.have.length(before);
        clock.advance(1);
        expect(launches.all).to.have.length(before + 1);
        launches.last.ready();
        clock.advance(9000);
        launches.last.exit(1);
      }
      expect(log.lines.at(-1)?.fields).to.deep.include({ process: 'broker', code: 1, again: 'in 800 ms' });
    });

    it('and after the shortest where it has run well for ten seconds', () => {
      upAndRunning().broker.die();
      clock.advance(50);
      launches.last.die();
      clock.advance(100);
      launches.last.ready();
      clock.advance(10_000);
      launches.last.die();
      expect(clock.next - clock.now()).to.equal(50);
    });

    it('and not the proxies with the broker', () => {
      const { broker, others } = upAndRunning(3);
      broker.die();
      clock.advance(50);
      launches.last.ready();
      expect(others.flatMap(({ orders }) => orders)).to.deep.equal(['begin', 'begin', 'begin']);
      expect(launches.all).to.have.length(5);
    });
  });

  describe('replaces the broker', () => {
    it('by one that has its program loaded, as soon as the old one has gone', () => {
      const { supervisor, broker } = upAndRunning();
      supervisor.replaceBroker(1000);
      expect(launches.news()).to.deep.equal(['broker 3: launched']);
      const next = launches.last;
      next.loaded();
      expect(launches.news()).to.deep.equal(['broker 1: stop 1000']);
      broker.exit(0);
      expect(launches.news()).to.deep.equal(['broker 3: begin']);
      next.ready('/next');
      expect(bound.at(-1)).to.deep.equal([{ path: '/next', mode: 0o600 }]);
      next.die();
      clock.advance(50);
      expect(launches.news()).to.deep.equal(['broker 4: launched', 'broker 4: begin']);
    });

    it('not, where the new one can not even load its program', () => {
      const { supervisor, broker } = upAndRunning();
      supervisor.replaceBroker(1000);
      launches.last.exit(1);
      expect(logged().at(-1)).to.equal('not replaced broker');
      expect(broker.orders).to.deep.equal(['begin']);
      supervisor.replaceBroker(1000);
      launches.last.loaded();
      expect(broker.orders).to.deep.equal(['begin', 'stop 1000']);
    });

    it('and kills one that does not go', async () => {
      const { supervisor, broker, others } = upAndRunning();
      supervisor.replaceBroker(1000);
      launches.last.loaded();
      clock.advance(5999);
      expect(broker.orders.at(-1)).to.equal('stop 1000');
      clock.advance(1);
      expect(broker.orders.at(-1)).to.equal('kill');
      broker.die();
      const next = launches.last;
      next.ready();
      supervisor.stop();
      others[0]?.exit(0);
      next.exit(0);
      expect(await supervisor.ended).to.equal(0);
    });

    it('with pauses, where the new one fails once it is at work', () => {
      const { supervisor, broker } = upAndRunning();
      supervisor.replaceBroker(1000);
      launches.last.loaded();
      broker.exit(0);
      launches.last.exit(2);
      clock.advance(50);
      launches.last.exit(2);
      clock.advance(100);
      launches.last.ready();
      expect(bound).to.have.length(2);
    });

    it('by a third, where the second dies while the first is going', () => {
      const { supervisor, broker } = upAndRunning();
      supervisor.replaceBroker(1000);
      launches.last.loaded();
      launches.last.die();
      launches.news();
      broker.exit(0);
      clock.advance(50);
      expect(launches.news()).to.deep.equal(['broker 4: launched', 'broker 4: begin']);
    });

    it('at once, where the old one dies meanwhile', () => {
      const { supervisor, broker } = upAndRunning();
      supervisor.replaceBroker(1000);
      broker.die();
      expect(launches.news()).to.deep.equal(['broker 3: launched', 'broker 3: begin']);
      launches.last.loaded();
      launches.last.ready();
      expect(broker.orders).to.deep.equal(['begin']);
      expect(bound).to.have.length(2);
    });

    it('at once, where it waits to try again', () => {
      const { supervisor, broker } = upAndRunning();
      broker.die();
      supervisor.replaceBroker(1000);
      expect(launches.news()).to.deep.equal(['broker 3: launched', 'broker 3: begin']);
      clock.advance(60_000);
      expect(launches.news()).to.deep.equal([]);
    });

    it('once more, where it was told while it was at it', () => {
      const { supervisor, broker } = upAndRunning();
      supervisor.replaceBroker(1000);
      launches.last.loaded();
      broker.exit(0);
      supervisor.replaceBroker(1000);
      supervisor.replaceBroker(1000);
      launches.news();
      launches.last.ready();
      expect(launches.news()).to.deep.equal(['broker 4: launched']);
      launches.last.loaded();
      expect(launches.news()).to.deep.equal(['broker 3: stop 1000']);
    });
  });

  describe('stops', () => {
    it('the proxies, then the broker', async () => {
      const { supervisor, broker, others } = upAndRunning(2);
      supervisor.stop();
      expect(launches.news()).to.deep.equal([`proxy 2: stop ${DRAIN}`, `proxy 3: stop ${DRAIN}`]);
      others[1]?.exit(0);
      expect(launches.news()).to.deep.equal([]);
      others[0]?.exit(0);
      expect(launches.news()).to.deep.equal([`broker 1: stop ${DRAIN}`]);
      broker.exit(0);
      expect(await supervisor.ended).to.equal(0);
      expect(clock.next).to.equal(Number.POSITIVE_INFINITY);
    });

    it('and brings a broker back that dies while proxies have something to answer', async () => {
      const { supervisor, broker, others } = upAndRunning();
      supervisor.stop();
      broker.die();
      clock.advance(50);
      const second = launches.last;
      second.ready();
      others[0]?.exit(0);
      expect(second.orders).to.deep.equal(['begin', `stop ${DRAIN}`]);
      second.exit(0);
      expect(await supervisor.ended).to.equal(0);
      expect(launches.all).to.have.length(3);
    });

    it('before the broker is ready: there are no proxies to wait for', async () => {
      const supervisor = supervise(2);
      supervisor.stop();
      launches.last.exit(0);
      expect(await supervisor.ended).to.equal(0);
      expect(launches.all).to.have.length(1);
    });

    it('while it replaces the broker: the new one goes, too', async () => {
      const { supervisor, broker, others } = upAndRunning();
      supervisor.replaceBroker(1000);
      const next = launches.last;
      supervisor.stop();
      others[0]?.exit(0);
      expect(next.orders).to.deep.equal(['kill']);
      next.die();
      broker.exit(0);
      expect(await supervisor.ended).to.equal(0);
    });

    it('while something waits to try again: it is not tried', async () => {
      const { supervisor, broker, others } = upAndRunning();
      others[0]?.die();
      supervisor.stop();
      clock.advance(1000);
      broker.exit(0);
      expect(await supervisor.ended).to.equal(0);
      expect(launches.all).to.have.length(2);
    });

    it('with 1 where something had to be killed, or failed at the end', async () => {
      const { supervisor, broker, others } = upAndRunning();
      supervisor.stop();
      clock.advance(DRAIN + 5000);
      expect(others[0]?.orders.at(-1)).to.equal('kill');
      others[0]?.die();
      broker.exit(0);
      expect(await supervisor.ended).to.equal(1);
    });

    it('with 1, where the last commit failed', async () => {
      const { supervisor, broker, others } = upAndRunning();
      supervisor.stop();
      others[0]?.exit(0);
      broker.exit(1);
      expect(await supervisor.ended).to.equal(1);
    });

    it('at once, when told to kill', async () => {
      const { supervisor, broker, others } = upAndRunning();
      supervisor.stop();
      supervisor.kill();
      expect([broker.orders.at(-1), others[0]?.orders.at(-1)]).to.deep.equal(['kill', 'kill']);
      broker.die();
      others[0]?.die();
      expect(await supervisor.ended).to.equal(1);
    });
  });
});
