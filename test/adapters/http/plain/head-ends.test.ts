import { expect } from 'chai';
import { describe, it } from 'mocha';
import { HeadEnds } from '../../../../src/adapters/http/plain/head-ends.js';
import { ManualClock } from '../../../support/clock.js';

const KEPT = 'Connection: keep-alive\r\nKeep-Alive: timeout=75\r\n\r\n';

describe('http: how heads of responses end', () => {
  it('with the date of the second that it is', () => {
    const clock = new ManualClock(0, 999);
    const ends = new HeadEnds(clock, 75_999);
    expect(ends.end(false, false, false)).to.equal(`Date: Thu, 01 Jan 1970 00:00:00 GMT\r\n${KEPT}`);
    clock.advance(1);
    expect(ends.end(false, false, false)).to.equal(`Date: Thu, 01 Jan 1970 00:00:01 GMT\r\n${KEPT}`);
    clock.stepWall(-1);
    expect(ends.end(false, false, false)).to.equal(`Date: Thu, 01 Jan 1970 00:00:00 GMT\r\n${KEPT}`);
  });

  it('with what is to become of the connection, and how the body comes', () => {
    const ends = new HeadEnds(new ManualClock(), 75_000);
    expect(ends.end(true, false, false)).to.equal(KEPT);
    expect(ends.end(true, true, false)).to.equal('Connection: close\r\n\r\n');
    expect(ends.end(true, true, true)).to.equal('Connection: close\r\nTransfer-Encoding: chunked\r\n\r\n');
  });
});
