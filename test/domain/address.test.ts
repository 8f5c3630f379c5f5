import { expect } from 'chai';
import { describe, it } from 'mocha';
import {
  deadAddress,
  isAddress,
  isDeadAddress,
  isReceivable,
  isReplyAddress,
  queueName,
  replyAddress,
} from '../../src/domain/address.js';
import { CountingIds } from '../support/ids.js';

describe('addresses', () => {
  it('are 1 to 255 bytes', () => {
    expect(isAddress('')).to.equal(false);
    expect(isAddress('a')).to.equal(true);
    expect(isAddress('a'.repeat(255))).to.equal(true);
    expect(isAddress('a'.repeat(256))).to.equal(false);
  });

  it('hold neither blanks nor control characters, and any other byte', () => {
    for (let byte = 0; byte < 256; byte++) {
      expect(isAddress(`a${String.fromCharCode(byte)}b`), `byte ${byte}`).to.equal(byte > 32 && byte !== 127);
    }
  });

  const queues: [address: string, queue: string][] = [
    ['a', 'a'],
    ['a~b', 'a~b'],
    ['~', '~'],
    ['~a', '~a'],
    ['~a~', '~a'],
    ['~a~1', '~a'],
    ['~a~1~2', '~a'],
    ['~~', '~'],
    ['~~1', '~'],
    ['a~b~c', 'a~b~c'],
  ];
  for (const [address, queue] of queues) {
    it(`${address} is in the queue ${queue}`, () => {
      expect(queueName(address)).to.equal(queue);
      expect(isReceivable(address)).to.equal(address === queue);
    });
  }

  it('that the broker makes for replies differ, and are told from others', () => {
    const ids = new CountingIds();
    const [one, other] = [replyAddress(ids), replyAddress(ids)];
    expect(one).not.to.equal(other);
    expect([one, 'a', 'dead:reply:a'].map(isReplyAddress)).to.deep.equal([true, false, false]);
  });

  it('of dead letters are told from others, and never too long', () => {
    expect(deadAddress('~m~1')).to.equal('dead:~m~1');
    expect(isDeadAddress('dead:a')).to.equal(true);
    expect(isDeadAddress('a')).to.equal(false);
    expect(isAddress(deadAddress('a'.repeat(255)))).to.equal(true);
  });
});
