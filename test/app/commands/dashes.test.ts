import { expect } from 'chai';
import { describe, it } from 'mocha';
import { doubleDashes } from '../../../src/app/commands/dashes.js';

describe('doubleDashes', () => {
  const long = new Map([
    ['network', true],
    ['reply-to', true],
    ['timeout', true],
    ['verbose', false],
  ]);
  const cases: [string, string][] = [
    ['-network unix', '--network unix'],
    ['-network=unix', '--network=unix'],
    ['--network unix', '--network unix'],
    ['--network -verbose -verbose', '--network -verbose --verbose'],
    ['--network=x -verbose', '--network=x --verbose'],
    ['-verbose -network x', '--verbose --network x'],
    ['-- -network unix', '-- -network unix'],
    ['-timeout 5', '--timeout 5'],
    ['-t 5 -t5 -h -v -', '-t 5 -t5 -h -v -'],
    ['-netwrk unix', '--netwrk unix'],
    ['-timout 5', '-timout 5'],
    ['send a -5', 'send a -5'],
  ];
  for (const [given, expected] of cases) {
    it(given, () => expect(doubleDashes(given.split(' '), long, 'tr').join(' ')).to.equal(expected));
  }
});
