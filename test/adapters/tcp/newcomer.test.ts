import { expect } from 'chai';
import { beforeEach, describe, it } from 'mocha';
import { Newcomer } from '../../../src/adapters/tcp/newcomer.js';
import { Session } from '../../../src/adapters/tcp/session.js';
import { TaggedSession } from '../../../src/adapters/tcp/tagged-session.js';
import { TestAccess } from '../../support/access.js';
import { EMPTY } from '../../support/exchange.js';
import { type FakeClient, Sessions } from '../../support/sessions.js';

describe('Newcomer', () => {
  let sessions: Sessions;
  let client: FakeClient;

  beforeEach(() => {
    sessions = new Sessions();
    client = sessions.connectUndecided();
  });

  for (const [said, answer, session] of [
    ['< 0 a\r\n', '*\r\n', Session],
    ['<< r 0 a\r\n', '** r\r\n', TaggedSession],
    ['\r\n \t\r\n<< r 0 a\r\n', '** r\r\n', TaggedSession],
    ['\r\n\n< 0 a\r\n', '*\r\n', Session],
    ['hello\r\n', '- invalid command (expected one of > < ? .)\r\n', Session],
    ['. \r\n', '', Session],
  ] as const) {
    it(`becomes a ${session.name} with ${JSON.stringify(said)}, whole and byte by byte`, async () => {
      await client.tell(said);
      expect(client.received).to.equal(answer);
      expect(client.session).to.be.instanceOf(session);
      const slow = sessions.connectUndecided();
      for (const byte of said) slow.say(byte);
      await slow.settled();
      expect(slow.received).to.equal(answer);
      expect(slow.session).to.be.instanceOf(session);
    });
  }

  it('holds nothing, however many blanks come first', async () => {
    for (let i = 0; i < 100; i++) client.say(' \r\n'.repeat(10_000));
    expect(client.session).to.be.instanceOf(Newcomer);
    await client.tell('!! h\r\n');
    expect(client.received).to.match(/^\+\+ h v=2/);
  });

  it('hands over what happens to the connection', async () => {
    await client.tell('<< r 60 a\r\n');
    await client.break();
    expect(sessions.events).to.deep.equal(['1 closed']);
    expect(sessions.world.exchange.stats()).to.include(EMPTY);
  });

  for (const said of ['', '\r\n', '>']) {
    it(`ends when the client does, having said ${JSON.stringify(said)}`, async () => {
      client.say(said);
      await client.end();
      expect([client.received, client.ended]).to.deep.equal(['', true]);
      expect(sessions.events).to.deep.equal(['1 ended', '1 closed']);
    });
  }

  it('leaves without a word', async () => {
    client.session.leave();
    await client.tell('<< r 0 a\r\n');
    expect([client.received, client.ended]).to.deep.equal(['', true]);
    expect(sessions.events).to.deep.equal(['1 ended']);
  });

  it('turns away the protocol of 2010 where a token is wanted', async () => {
    sessions = new Sessions({}, new TestAccess());
    client = sessions.connectUndecided();
    await client.tell('> 1 60 a\r\nx\r\n');
    expect(client.received).to.equal(
      '- this broker wants a token, which only the tagged protocol can show: !! tag token\r\n',
    );
    expect(client.ended).to.equal(true);
    expect(sessions.refusals.map(({ code }) => code)).to.deep.equal(['unauthorized']);
    expect(sessions.world.exchange.stats().sent).to.equal(0);
  });
});
