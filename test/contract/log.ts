import { expect } from 'chai';
import { describe, it } from 'mocha';
import type { Log } from '../../src/ports/log.js';

/** An adapter under test, and how to see what became of its lines. */
export interface LogUnderTest {
  readonly log: Log;
  /** The level and the text of each line that is out. */
  written(): { level: string; text: string }[];
}

/** What every log does. */
export function logContract(name: string, make: (level: 'minimal' | 'info' | 'debug') => LogUnderTest): void {
  describe(`log contract: ${name}`, () => {
    function writeAll(log: Log): void {
      log.minimal('one', { n: 1 });
      log.info('two');
      log.debug('three', { yes: true, no: undefined });
    }

    for (const [level, expected] of [
      ['minimal', ['minimal one']],
      ['info', ['minimal one', 'info two']],
      ['debug', ['minimal one', 'info two', 'debug three']],
    ] as const) {
      it(`writes what level ${level} asks for, in order, and all of it before close resolves`, async () => {
        const { log, written } = make(level);
        writeAll(log);
        await log.close();
        expect(written().map((line) => `${line.level} ${line.text}`)).to.deep.equal(expected);
      });

      it(`says which levels are on at ${level}`, async () => {
        const { log } = make(level);
        expect([log.infos, log.debugs]).to.deep.equal([level !== 'minimal', level === 'debug']);
        await log.close();
      });
    }

    it('does not read the fields of a level that is off', async () => {
      const { log } = make('minimal');
      const fields = {
        get costly(): string {
          throw new Error('was read');
        },
      };
      log.info('no', fields);
      log.debug('no', fields);
      await log.close();
    });

    it('can be closed twice and writes nothing after that', async () => {
      const { log, written } = make('debug');
      await log.close();
      await log.close();
      log.minimal('late');
      expect(written()).to.deep.equal([]);
    });
  });
}
