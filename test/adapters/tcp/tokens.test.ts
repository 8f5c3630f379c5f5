import { expect } from 'chai';
import { beforeEach, describe, it } from 'mocha';
import { TestAccess } from '../../support/access.js';
import { type FakeClient, Sessions } from '../../support/sessions.js';

describe('a tagged session that wants a token', () => {
  let sessions: Sessions;
  let client: FakeClient;

  beforeEach(() => {
    sessions = new Sessions({}, new TestAccess());
    client = sessions.connectTagged();
  });

  const stats = () => sessions.world.exchange.stats();
  /** What came, without the texts of refusals. */
  const heard = () => client.heard().replace(/(unauthorized|forbidden) [^\r]+/g, '$1');

  it('carries out nothing before, and says so', async () => {
    await client.tell('>> 1 5 60 a -\r\nhello\r\n<< 2 0 a\r\n.. 3\r\n++ @d\r\n== 5 stats\r\n!! 6\r\n');
    expect(heard()).to.equal(['1', '2', '3', '@d', '5', '6'].map((tag) => `-- ${tag} unauthorized\r\n`).join(''));
    expect(client.ended).to.equal(false);
    expect(stats()).to.include({ sent: 0, receivers: 0 });
    await client.tell('!! 6 sender-token\r\n>> 1 5 60 jobs.a -\r\nhello\r\n');
    expect(client.heard()).to.match(/^\+\+ 6 v=2 [^\r]+\r\n\+\+ 1\r\n$/);
    expect(sessions.events).to.deep.equal(['1 is sender']);
  });

  it('holds no body before', async () => {
    client.say(`>> 1 ${2 ** 31 - 1} 60 a -\r\n`);
    const before = process.memoryUsage().arrayBuffers;
    for (let i = 0; i < 200; i++) client.say('x'.repeat(64 * 1024));
    await client.settled();
    expect(heard()).to.equal('-- 1 unauthorized\r\n');
    expect(process.memoryUsage().arrayBuffers - before).to.be.below(1024 * 1024);
  });

  it('ends after a wrong one', async () => {
    await client.tell('!! 1 wrong-token\r\n!! 2 admin-token\r\n');
    expect([heard(), client.ended]).to.deep.equal(['-- 1 unauthorized\r\n', true]);
    expect(sessions.events).to.deep.equal(['1 ended']);
  });

  it('ends after a wrong one also when there was a right one before', async () => {
    await client.tell('!! 1 admin-token\r\n!! 2 wrong-token\r\n');
    expect(heard()).to.match(/^\+\+ 1 v=2[^\r]+\r\n-- 2 unauthorized\r\n$/);
    expect(client.ended).to.equal(true);
  });

  it('closes a client that reads no answers before it has shown one', async () => {
    client.socket.room = 0;
    for (let i = 0; i < 10 && !client.socket.destroyed; i++) await client.tell('<< 1 0 a\r\n'.repeat(1000));
    expect(client.socket.destroyed).to.equal(true);
    expect(sessions.events).to.deep.equal(['1 closed']);
  });

  it('says goodbye to a client that has shown none', async () => {
    await client.tell('.\r\n');
    expect([client.heard(), client.ended]).to.deep.equal(['', true]);
  });

  for (const [token, said, answer] of [
    ['sender', '>> 1 5 60 jobs.a -\r\nhello\r\n', /^\+\+ 1\r\n$/],
    ['sender', '>> 1 5 60 job -\r\nhello\r\n', /^-- 1 forbidden\r\n$/],
    ['worker', '>> 1 5 60 jobs.a -\r\nhello\r\n', /^-- 1 forbidden\r\n$/],
    ['worker', '>> 1 5 60 ~box~7 -\r\nhello\r\n', /^\+\+ 1\r\n$/],
    ['worker', '>> 1 5 60 reply:x -\r\nhello\r\n', /^\+\+ 1\r\n$/],
    ['sender', '>> 1 5 60 jobs.a - dead=lost\r\nhello\r\n', /^-- 1 forbidden\r\n$/],
    ['sender', '>> 1 5 60 jobs.a - dead=jobs.lost\r\nhello\r\n', /^\+\+ 1\r\n$/],
    ['sender', '>> 1 5 60 jobs.a - dead=~box\r\nhello\r\n', /^\+\+ 1\r\n$/],
    ['sender', '>> 1 5 60 jobs.a - dead=-\r\nhello\r\n', /^\+\+ 1\r\n$/],
    ['worker', '<< 1 0 jobs.a jobs.b\r\n', /^\*\* 1\r\n$/],
    ['worker', '<< 1 0 jobs.a other\r\n', /^-- 1 forbidden\r\n$/],
    ['sender', '<< 1 0 jobs.a\r\n', /^-- 1 forbidden\r\n$/],
    ['sender', '<< 1 0 ~box\r\n', /^\*\* 1\r\n$/],
    ['worker', '<< 1 0 reply:x\r\n', /^\*\* 1\r\n$/],
    ['worker', '== 1 stats\r\n', /^-- 1 forbidden\r\n$/],
    ['worker', '== 1 purge jobs.a\r\n', /^-- 1 forbidden\r\n$/],
    ['admin', '== 1 purge jobs.a\r\n', /^== 1 12\r\n/],
    ['sender', '== 1 recall jobs.a x\r\n', /^== 1 18\r\n/],
    ['worker', '== 1 recall jobs.a x\r\n', /^-- 1 forbidden\r\n$/],
    ['worker', '++ @unknown\r\n', /^-- @unknown no-such-delivery /],
  ] as const) {
    it(`answers the ${token} who says ${JSON.stringify(said)}, and goes on`, async () => {
      await client.tell(`!! 0 ${token}-token\r\n`);
      client.heard();
      await client.tell(said);
      expect(heard()).to.match(answer);
      await client.tell('<< 2 0 ~box-of-mine\r\n');
      expect(heard()).to.equal('** 2\r\n');
    });
  }
});
