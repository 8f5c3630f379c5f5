import { PassThrough, Writable } from 'node:stream';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { WinstonLog } from '../../../src/adapters/log/winston.js';
import { logContract } from '../../contract/log.js';
import { ManualClock } from '../../support/clock.js';
import { MemoryLog } from '../../support/log.js';

type Level = 'minimal' | 'info' | 'debug';

function makeLog(level: Level, format: 'text' | 'json') {
  const stream = new PassThrough();
  const log = new WinstonLog(new ManualClock(0, Date.UTC(2026, 0, 2, 3, 4, 5, 6)), { level, format, stream });
  return { log, lines: () => ((stream.read() as Buffer | null)?.toString() ?? '').split('\n').slice(0, -1) };
}

logContract('winston, JSON', (level) => {
  const { log, lines } = makeLog(level, 'json');
  return { log, written: () => lines().map((line) => JSON.parse(line) as { level: string; text: string }) };
});

logContract('winston, text', (level) => {
  const { log, lines } = makeLog(level, 'text');
  const parts = (line: string) => line.split(' ') as [string, string, string];
  return { log, written: () => lines().map((line) => ({ level: parts(line)[1], text: parts(line)[2] })) };
});

logContract('memory', (level) => {
  const log = new MemoryLog(level);
  return { log, written: () => log.lines };
});

describe('WinstonLog', () => {
  async function only(format: 'text' | 'json', write: (log: WinstonLog) => void): Promise<string> {
    const { log, lines } = makeLog('debug', format);
    write(log);
    await log.close();
    const all = lines();
    expect(all).to.have.length(1);
    return all[0] as string;
  }

  it('writes text for people', async () => {
    const line = await only('text', (log) =>
      log.info('connected', { from: 'unix:/tmp/a', n: 3, ok: false, none: undefined, said: 'two words', nothing: '' }),
    );
    expect(line).to.equal(
      '2026-01-02T03:04:05.006Z info connected from=unix:/tmp/a n=3 ok=false said="two words" nothing=""',
    );
  });

  it('writes JSON for machines, whose own members no field can replace', async () => {
    const line = await only('json', (log) => log.minimal('a "b"', { n: 1, level: 'fake', to: 'x\u009by' }));
    expect(line).to.contain('x\\u009by');
    expect(JSON.parse(line)).to.deep.equal({
      time: '2026-01-02T03:04:05.006Z',
      level: 'minimal',
      text: 'a "b"',
      n: 1,
      to: 'x\u009by',
    });
  });

  for (const format of ['text', 'json'] as const) {
    it(`lets nobody write a second line or move the cursor (${format})`, async () => {
      const evil = 'a\r\n2026 minimal all is well\x1b[2J\x9b2J\x7f\u2028\u202e';
      const line = await only(format, (log) => log.debug(`refused ${evil}`, { address: evil, word: 'x\x1b[0m' }));
      expect(line).not.to.match(/[\u0000-\u001f\u007f-\u009f\u2028\u202e]/);
      expect(line).to.contain('\\u001b[2J');
    });
  }

  it('waits with close until a slow stream has taken everything', async () => {
    const taken: string[] = [];
    const stream = new Writable({
      decodeStrings: false,
      write(chunk: string, _encoding, callback) {
        setImmediate(() => {
          taken.push(chunk);
          callback();
        });
      },
    });
    const log = new WinstonLog(new ManualClock(), { level: 'debug', format: 'text', stream });
    for (let i = 0; i < 500; i++) log.debug('line');
    await log.close();
    expect(taken.filter((line) => line.endsWith(' debug line\n'))).to.have.length(500);
    expect(stream.listenerCount('error')).to.equal(0);
  });

  it('survives a stream that breaks', async () => {
    const stream = new Writable({ write: (_chunk, _encoding, callback) => callback(new Error('EPIPE')) });
    const log = new WinstonLog(new ManualClock(), { level: 'debug', format: 'text', stream });
    log.minimal('lost');
    await new Promise((resolve) => stream.once('close', resolve));
    log.minimal('lost too');
    await log.close();
    expect(stream.errored).to.be.instanceOf(Error);
  });
});
