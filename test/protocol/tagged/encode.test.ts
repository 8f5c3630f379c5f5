import { expect } from 'chai';
import { describe, it } from 'mocha';
import { Message, STANDARD } from '../../../src/domain/message.js';
import {
  encodeAnswer,
  encodeTaggedMessage,
  encodeTaggedRefusal,
  encodeWelcome,
} from '../../../src/protocol/tagged/encode-answer.js';
import {
  encodeControl,
  encodeGiveBack,
  encodeHello,
  encodeTaggedReceive,
  encodeTaggedSend,
} from '../../../src/protocol/tagged/encode-command.js';
import { encodeSeconds } from '../../../src/protocol/tagged/seconds.js';

describe('Lines of the tagged protocol are written', () => {
  it('with seconds as short as they can be', () => {
    const seconds = [0, 1, 10, 100, 1000, 1500, 1050, 60_000, 999_999_999_999, 0.2, 1000.5].map(encodeSeconds);
    expect(seconds).to.deep.equal([
      '0',
      '0.001',
      '0.01',
      '0.1',
      '1',
      '1.5',
      '1.05',
      '60',
      '999999999.999',
      '0.001',
      '1.001',
    ]);
    expect(encodeSeconds(Number.POSITIVE_INFINITY)).to.equal('999999999.999');
  });

  it('with no option that need not be said', () => {
    const standard = new Message('jobs', undefined, 'hello', 60_000);
    expect(encodeTaggedSend('t', standard)).to.equal('>> t 5 60 jobs -\r\nhello\r\n');
    expect(encodeTaggedSend('t', new Message('jobs', 'me', '', 1500, { ...STANDARD }))).to.equal(
      '>> t 0 1.5 jobs me\r\n',
    );
    const wanted = { addresses: ['a', 'b'], timeout: 10_000, count: 1, lease: 0 };
    expect(encodeTaggedReceive('t', wanted)).to.equal('<< t 10 a b\r\n');
    expect(encodeHello('t')).to.equal('!! t\r\n');
    expect(encodeGiveBack('@d')).to.equal('-- @d\r\n');
    expect(encodeControl('t', { command: 'queues', prefix: '', after: '' })).to.equal('== t queues\r\n');
    expect(encodeControl('t', { command: 'kick', address: 'dead:a', count: Number.POSITIVE_INFINITY })).to.equal(
      '== t kick dead:a\r\n',
    );
  });

  it('with every option', () => {
    const options = { id: 'x', delay: 500, attempts: 2, once: true, dead: 'd', receipt: 'done' } as const;
    expect(encodeTaggedSend('t', new Message('jobs', 'me', 'hello', 1000, options))).to.equal(
      '>> t 5 1 jobs me id=x delay=0.5 attempts=2 once=1 dead=d receipt=done\r\nhello\r\n',
    );
    expect(encodeTaggedSend('t', new Message('a', undefined, '', 0, { ...STANDARD, dead: '' }))).to.equal(
      '>> t 0 0 a - dead=-\r\n',
    );
    const wanted = { addresses: ['a'], timeout: 10_000, count: 5, lease: 1500 };
    expect(encodeTaggedReceive('t', wanted)).to.equal('<< t 10 a count=5 lease=1.5\r\n');
    expect(encodeHello('t', 's3cret', 30_000)).to.equal('!! t s3cret idle=30\r\n');
  });

  it('with the most that can be said for what has no end', () => {
    const wanted = { addresses: ['a'], timeout: Number.POSITIVE_INFINITY, count: Number.POSITIVE_INFINITY, lease: 0 };
    expect(encodeTaggedReceive('t', wanted)).to.equal('<< t 999999999.999 a count=1000000000\r\n');
  });

  it('with all that a receiver is told', () => {
    const message = new Message('jobs', undefined, 'hello', 60_000, { ...STANDARD, id: 'x' });
    expect(encodeTaggedMessage('t', { message, at: 'jobs', attempt: 1, name: undefined })).to.equal(
      '>> t 5 60 jobs - attempt=1 id=x\r\nhello\r\n',
    );
    expect(encodeTaggedMessage('t', { message, at: 'dead:jobs', attempt: 2, name: '@d' })).to.equal(
      '>> t 5 60 dead:jobs - attempt=2 delivery=@d id=x to=jobs\r\nhello\r\n',
    );
  });

  it('with what the broker grants', () => {
    expect(encodeWelcome('t', { line: 8192, body: 16_777_216, journal: 'full' })).to.equal(
      '++ t v=2 line=8192 body=16777216 journal=full\r\n',
    );
    expect(encodeAnswer('t', '{"purged":0}')).to.equal('== t 12\r\n{"purged":0}\r\n');
  });

  it('with ? for a tag that cannot be told', () => {
    expect(encodeTaggedRefusal(undefined, 'bad-command', 'no')).to.equal('-- ? bad-command no\r\n');
    expect(encodeTaggedRefusal('@d', 'no-such-delivery', 'no')).to.equal('-- @d no-such-delivery no\r\n');
  });
});
