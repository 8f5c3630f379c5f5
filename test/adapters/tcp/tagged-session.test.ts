import { expect } from 'chai';
import { beforeEach, describe, it } from 'mocha';
import { MOST_UNREAD } from '../../../src/adapters/tcp/tagged-session.js';
import { MAX_TAGS } from '../../../src/adapters/tcp/tags.js';
import { EMPTY } from '../../support/exchange.js';
import { FakeJournal } from '../../support/journal.js';
import { type FakeClient, Sessions } from '../../support/sessions.js';

/** The names of the deliveries in what came. */
function names(text: string): string[] {
  return [...text.matchAll(/ delivery=(\S+)/g)].map(([, name]) => name as string);
}

describe('TaggedSession', () => {
  let sessions: Sessions;
  let a: FakeClient;
  let b: FakeClient;

  beforeEach(() => {
    sessions = new Sessions();
    a = sessions.connectTagged();
    b = sessions.connectTagged();
  });

  const stats = () => sessions.world.exchange.stats();

  it('greets', async () => {
    await a.tell('!! hi\r\n');
    expect(a.heard()).to.equal('++ hi v=2 line=8192 body=16777216 journal=off\r\n');
    await a.tell('!! hi a-token idle=2.5\r\n');
    expect(a.heard()).to.match(/^\+\+ hi v=2 /);
    expect(sessions.events).to.deep.equal(['1 may idle 2500']);
  });

  it('greets who has said nothing yet while the disk takes long, or is full', async () => {
    const journal = new FakeJournal();
    journal.hold = true;
    const slow = new Sessions({ journal });
    await slow.connectTagged().tell('>> s 5 60 a -\r\nhello\r\n');
    a = slow.connectTagged();
    await a.tell('!! hi\r\n!! again\r\n');
    expect(a.heard()).to.match(/^\+\+ hi [^\r]+\r\n\+\+ again [^\r]+\r\n$/);
    await a.tell('<< r 0 a\r\n!! flush\r\n');
    expect(a.heard()).to.match(/^>> r 5 60 a - attempt=1\r\nhello\r\n$/);
    journal.hold = false;
    journal.answer();
    await a.settled();
    expect(a.heard()).to.match(/^\+\+ flush /);
  });

  it('sends with a receipt, and receives', async () => {
    await a.tell('>> s1 5 60 a back id=x\r\nhello\r\n');
    expect(a.heard()).to.equal('++ s1\r\n');
    await b.tell('<< r1 1.5 a\r\n');
    expect(b.heard()).to.equal('>> r1 5 60 a back attempt=1 id=x\r\nhello\r\n');
    expect(stats()).to.include({ ...EMPTY, settled: 1 });
  });

  it('answers what is ready first, whatever was asked first', async () => {
    await a.tell('<< 1 60 x\r\n<< 2 60 y\r\n<< 3 0 z\r\n>> 4 0 60 y -\r\n>> 5 0 60 x -\r\n');
    expect(a.received.split('\r\n').sort()).to.deep.equal([
      '',
      '** 3',
      '++ 4',
      '++ 5',
      '>> 1 0 60 x - attempt=1',
      '>> 2 0 60 y - attempt=1',
    ]);
  });

  it('knows an id again', async () => {
    await a.tell('>> 1 1 60 a - id=x\r\n1\r\n>> 2 1 60 a - id=x\r\n1\r\n>> 3 1 60 a - id=x\r\n2\r\n');
    expect(a.heard()).to.match(/^\+\+ 1\r\n\+\+ 2 duplicate=1\r\n-- 3 id-conflict [^\r]+\r\n$/);
  });

  describe('tags', () => {
    it('can be used again after the last answer, not before', async () => {
      await a.tell('<< t 60 a\r\n>> t 0 60 b -\r\n<< t 60 b\r\n');
      expect(a.heard()).to.match(/^(-- t tag-in-use [^\r]+\r\n){2}$/);
      await b.tell('>> 1 0 60 a -\r\n');
      expect(a.heard()).to.match(/^>> t 0 60 a/);
      await a.tell('>> t 0 60 b -\r\n<< t 0 none\r\n== t stats\r\n');
      expect(a.heard()).to.match(/^\+\+ t\r\n\*\* t\r\n== t \d+\r\n\{/);
    });

    it('can be shared by plain sends, and by those alone', async () => {
      const journal = new FakeJournal();
      journal.hold = true;
      a = new Sessions({ journal }).connectTagged();
      await a.tell('>> t 1 60 a -\r\n1\r\n>> t 1 60 a -\r\n2\r\n>> d 1 60 a - receipt=done\r\n3\r\n>> d 0 60 a -\r\n');
      expect(a.heard()).to.match(/^-- d tag-in-use [^\r]+\r\n$/);
      await a.tell('<< t 60 b\r\n');
      journal.answer();
      await a.settled();
      expect(a.heard()).to.equal('++ t\r\n++ t\r\n');
      await a.tell('.. t\r\n');
      expect(a.heard()).to.equal('** t\r\n');
    });

    it('are no more than 65,536 at a time', async () => {
      for (let i = 0; i < MAX_TAGS; i++) a.say(`<< ${i} 60 a\r\n`);
      await a.tell('<< one-more 0 b\r\n');
      expect(a.heard()).to.match(/^-- one-more full /);
      await a.tell('.. 17\r\n<< one-more 0 b\r\n');
      expect(a.heard()).to.equal('** 17\r\n** one-more\r\n');
    });
  });

  describe('a receive', () => {
    it('takes as many as it wants, and is over with the last', async () => {
      for (const body of '1234') await b.tell(`>> ${body} 1 60 a -\r\n${body}\r\n`);
      await a.tell('<< r 60 a count=3\r\n');
      expect(a.heard().match(/\r\n\d\r\n/g)).to.deep.equal(['\r\n1\r\n', '\r\n2\r\n', '\r\n3\r\n']);
      await a.tell('.. r\r\n');
      expect(a.heard()).to.equal('');
      expect(stats()).to.include({ messages: 1, receivers: 0 });
    });

    it('is over when its time runs out, with what it has', async () => {
      await b.tell('>> 1 0 60 a -\r\n');
      await a.tell('<< r 2 a count=5\r\n<< q 0.5 b\r\n');
      expect(a.heard()).to.equal('>> r 0 60 a - attempt=1\r\n');
      sessions.world.clock.advance(600);
      await a.settled();
      expect(a.heard()).to.equal('** q\r\n');
      sessions.world.clock.advance(1500);
      await a.settled();
      expect(a.heard()).to.equal('** r\r\n');
    });

    it('can be taken back', async () => {
      await a.tell('<< r 60 a b\r\n.. r\r\n.. r\r\n.. what\r\n');
      expect(a.heard()).to.equal('** r\r\n');
      expect(stats()).to.include(EMPTY);
    });
  });

  describe('a lease', () => {
    let name: string;

    beforeEach(async () => {
      await b.tell('>> s 3 60 a - attempts=2\r\njob\r\n');
      b.heard();
      await a.tell('<< r 1 a lease=10\r\n');
      [name] = names(a.received) as [string];
      expect(a.heard()).to.equal(`>> r 3 60 a - attempt=1 delivery=${name}\r\njob\r\n`);
    });

    it('is over when the client says that it is done', async () => {
      expect(stats()).to.include({ deliveries: 1, messages: 0 });
      await a.tell(`++ ${name}\r\n`);
      expect(a.heard()).to.equal('');
      expect(stats()).to.include({ ...EMPTY, settled: 1 });
      await a.tell(`++ ${name}\r\n`);
      expect(a.heard()).to.match(new RegExp(`^-- ${name} no-such-delivery `));
    });

    it('belongs to one connection', async () => {
      await b.tell(`++ ${name}\r\n-- ${name}\r\n~~ ${name} 5\r\n`);
      expect(
        b
          .heard()
          .split('\r\n')
          .slice(0, 3)
          .every((line) => line.startsWith(`-- ${name} no-such-delivery `)),
      ).to.equal(true);
      expect(stats()).to.include({ deliveries: 1 });
    });

    it('can be given back, and the next delivery is another attempt', async () => {
      await a.tell(`-- ${name}\r\n`);
      await b.tell('<< r 0 a lease=1\r\n');
      expect(b.heard()).to.match(/attempt=2 delivery=/);
      await a.tell(`++ ${name}\r\n`);
      expect(a.heard()).to.match(/no-such-delivery/);
    });

    it('can be given back for later', async () => {
      await a.tell(`-- ${name} 5\r\n<< r 0 a\r\n<< q 60 a\r\n`);
      expect(a.heard()).to.equal('** r\r\n');
      sessions.world.clock.advance(5040);
      await a.settled();
      expect(a.heard()).to.match(/^>> q 3 60 a - attempt=2\r\n/);
    });

    it('runs out, unless it is kept', async () => {
      sessions.world.clock.advance(9000);
      await a.tell(`~~ ${name} 20\r\n`);
      sessions.world.clock.advance(19_000);
      expect(stats()).to.include({ deliveries: 1 });
      sessions.world.clock.advance(1100);
      expect(stats()).to.include({ deliveries: 0, messages: 1 });
      await a.settled();
      expect(a.heard()).to.equal(`-- ${name} no-such-delivery its lease has run out\r\n`);
      await a.tell(`~~ ${name} 20\r\n`);
      expect(a.heard()).to.equal(`-- ${name} no-such-delivery it is not yours, or no longer\r\n`);
    });

    it('goes back when the connection breaks', async () => {
      await a.break();
      expect(stats()).to.include({ deliveries: 0, messages: 1 });
      await b.tell('<< r 0 a lease=1\r\n');
      expect(b.heard()).to.match(/attempt=2 /);
    });

    it('goes back when the client says goodbye', async () => {
      await a.tell('.\r\n');
      expect(a.ended).to.equal(true);
      await a.end();
      await a.settled();
      expect(stats()).to.include({ deliveries: 0, messages: 1 });
    });

    it('stays when the broker stops', async () => {
      a.session.leave();
      await a.settled();
      expect(a.ended).to.equal(true);
      await a.end();
      expect(sessions.events).to.include('1 closed');
      expect(stats()).to.include({ deliveries: 1, messages: 0 });
    });
  });

  describe('a lease whose bytes', () => {
    const send = (length: number) => b.tell(`>> s ${length} 60 a -\r\n${'x'.repeat(length)}\r\n`);
    const attempt = async () => {
      b.heard();
      await b.tell('<< again 0 a lease=1\r\n');
      return Number(/ attempt=(\d+)/.exec(b.heard())?.[1]);
    };

    it('were never begun: the next delivery is the first attempt', async () => {
      await send(1);
      a.say('<< r 1 a lease=10\r\n');
      await a.break();
      expect(await attempt()).to.equal(1);
    });

    it('waited behind others: also then', async () => {
      a.socket.room = 0;
      await a.tell('!! first\r\n');
      await send(1);
      await a.tell('<< r 1 a lease=10\r\n');
      await a.break();
      expect(await attempt()).to.equal(1);
    });

    it('may have left: it is the second', async () => {
      a.socket.room = 0;
      await send(1);
      await a.tell('<< r 1 a lease=10\r\n');
      await a.break();
      expect(await attempt()).to.equal(2);
    });

    it('have only begun to leave when the broker stops: it stays', async () => {
      a.socket.room = 0;
      await send(1);
      await a.tell('<< r 1 a lease=10\r\n');
      a.session.leave();
      await a.break();
      expect(stats()).to.include({ deliveries: 1, messages: 0 });
    });

    it('were never begun when the broker stops: it goes back', async () => {
      a.socket.room = 0;
      await a.tell('!! first\r\n');
      await send(1);
      await a.tell('<< r 1 a lease=10\r\n');
      a.session.leave();
      await a.break();
      expect(stats()).to.include({ deliveries: 0, messages: 1 });
      expect(await attempt()).to.equal(1);
    });

    it('have left in part when the broker stops: it stays if the client has kept it', async () => {
      a.socket.room = 70_000;
      await send(200_000);
      await a.tell('<< r 1 a lease=10\r\n');
      const [name] = names(a.received) as [string];
      await a.tell(`~~ ${name} 60\r\n`);
      a.session.leave();
      await a.break();
      expect(stats()).to.include({ deliveries: 1, messages: 0 });
    });

    it('have not left whole: it does not run yet', async () => {
      a.socket.room = 0;
      await send(1);
      await a.tell('<< r 1 a lease=10\r\n');
      sessions.world.clock.advance(20_000);
      expect(stats()).to.include({ deliveries: 1 });
      a.socket.read_(200);
      await a.settled();
      sessions.world.clock.advance(9000);
      expect(stats()).to.include({ deliveries: 1 });
      sessions.world.clock.advance(1100);
      expect(stats()).to.include({ deliveries: 0, messages: 1 });
    });

    for (const [said, then] of [
      ['++ @', { deliveries: 0, messages: 0, settled: 1 }],
      ['-- @', { deliveries: 0, messages: 1, settled: 0 }],
      ['~~ @', { deliveries: 1, messages: 0, settled: 0 }],
    ] as const) {
      it(`are known to the client before we hear that they left: ${said} counts`, async () => {
        a.socket.room = 0;
        await send(1);
        await a.tell('<< r 1 a lease=10\r\n');
        const [name] = names(a.socket.writes.join('')) as [string];
        await a.tell(`${said.replace('@', name)}${said.startsWith('~') ? ' 30' : ''}\r\n`);
        expect(stats()).to.include(then);
        a.socket.read_(200);
        await a.settled();
        sessions.world.clock.advance(20_000);
        expect(stats()).to.include(then);
        if (said.startsWith('-')) expect(await attempt()).to.equal(2);
      });
    }
  });

  describe('a client that does not read', () => {
    const large = 'x'.repeat(100_000);

    beforeEach(async () => {
      a.socket.room = 0;
      for (let i = 0; i < 10; i++) await b.tell(`>> ${i} 100000 60 a -\r\n${large}\r\n`);
      b.heard();
    });

    it('gets no more than 256 KiB and the message that passes them, until it reads', async () => {
      await a.tell('<< r 9 a count=8\r\n<< q 9 a count=4\r\n');
      expect(stats()).to.include({ messages: 7, deliveries: 3, settled: 0 });
      for (let i = 0; i < 30; i++) {
        a.socket.read_(64 * 1024);
        await a.settled();
      }
      expect(a.received.match(/>> /g)).to.have.length(10);
      expect(stats()).to.include({ messages: 0, deliveries: 0, receivers: 1, settled: 10 });
    });

    it('is passed over in line', async () => {
      await a.tell('<< r 9 a count=8\r\n');
      await b.tell('<< r 9 a\r\n');
      expect(b.heard()).to.match(/^>> r 100000 /);
    });

    it('is heard all the while', async () => {
      await a.tell('<< r 9 a count=8 lease=60\r\n');
      const [name] = names(a.socket.writes.join('')) as [string];
      await a.tell(`++ ${name}\r\n>> s 0 60 b -\r\n`);
      expect(stats()).to.include({ sent: 11, settled: 1 });
    });

    it('is closed when it leaves too many answers unread', async () => {
      await a.tell('<< r 9 a count=8\r\n');
      const hello = '++ h v=2 line=8192 body=16777216 journal=off\r\n';
      const many = Math.ceil(MOST_UNREAD / hello.length / 1000);
      for (let i = 0; i <= many && !a.socket.destroyed; i++) await a.tell('!! h\r\n'.repeat(1000));
      expect(a.socket.destroyed).to.equal(true);
      expect(sessions.refusals.at(-1)?.text).to.match(/unread/);
      await a.settled();
      expect(stats()).to.include({ messages: 10, deliveries: 0, receivers: 0 });
    });
  });

  describe('refusals', () => {
    it('leave the connection open, and pass over the body', async () => {
      await a.tell('>> 1 5 x a -\r\nhello\r\n>> 2 0 60 dead:a -\r\n>> 3 5 60 a - huh=1\r\nhello\r\n>> 4 0 60 a -\r\n');
      expect(a.heard().replace(/ (bad-\S+) [^\r]+/g, ' $1')).to.equal(
        '-- 1 bad-timeout\r\n-- 2 bad-address\r\n-- 3 bad-option\r\n++ 4\r\n',
      );
      expect(sessions.refusals.map(({ code }) => code)).to.deep.equal(['bad-timeout', 'bad-address', 'bad-option']);
    });

    for (const [said, answer] of [
      ['what is this', /^-- \? bad-command /],
      ['>> 1 2 3', /^-- 1 bad-command /],
      ['>> 1 x 60 a -', /^-- 1 bad-length /],
      ['>> 1 1 60 a -\r\nxx', /^-- 1 bad-length /],
    ] as const) {
      it(`end the connection after ${JSON.stringify(said)}, and what came before`, async () => {
        await a.tell(`>> 0 0 60 a -\r\n${said}\r\n>> 9 0 60 a -\r\n`);
        expect(a.received.split('\r\n')[0]).to.equal('++ 0');
        expect(a.received.slice('++ 0\r\n'.length)).to.match(answer);
        expect(a.received.split('\r\n')).to.have.length(3);
        expect(a.ended).to.equal(true);
        expect(stats().sent).to.equal(1);
      });
    }

    it('tell that there is no room, and the tag can be used again', async () => {
      sessions = new Sessions({ limits: { messages: 1 } });
      a = sessions.connectTagged();
      await a.tell('>> 1 0 60 a -\r\n>> 1 0 60 a -\r\n<< 1 0 a\r\n');
      await a.tell('>> 1 0 60 a -\r\n');
      expect(a.received).to.match(/^\+\+ 1\r\n-- 1 full [^\r]+\r\n>> 1 0 60 a - attempt=1\r\n\+\+ 1\r\n$/);
    });
  });

  it('answers in JSON', async () => {
    await a.tell('>> 1 5 60 \xc3\xbc -\r\n\xc3\xbcber\r\n== p peek \xc3\xbc\r\n== q queues\r\n');
    const [, length, json] = /== p (\d+)\r\n(.*)\r\n== q/.exec(a.received) ?? [];
    expect(json).to.have.length(Number(length));
    const answer = JSON.parse(Buffer.from(json as string, 'latin1').toString('utf8'));
    expect(answer.messages[0]).to.include({ to: 'ü', body: 'über' });
  });

  describe('at the end', () => {
    it('answers all before a goodbye', async () => {
      await b.tell('>> 1 1 60 a -\r\nx\r\n');
      await a.tell('<< r 0 a\r\n<< q 60 b\r\n>> s 0 60 b -\r\n<< z 60 c\r\n.\r\n>> late 0 60 b -\r\n');
      expect(a.received).to.equal('>> r 1 60 a - attempt=1\r\nx\r\n>> q 0 60 b - attempt=1\r\n++ s\r\n');
      expect(a.ended).to.equal(true);
      expect(stats()).to.include({ receivers: 0, sent: 2 });
    });

    it('does the same when the client ends its side', async () => {
      await a.tell('>> s 0 60 b -\r\n<< z 60 c\r\n>> half 5 60 b -\r\nhel');
      await a.end();
      expect([a.received, a.ended]).to.deep.equal(['++ s\r\n', true]);
      expect(stats()).to.include({ receivers: 0, sent: 1 });
    });

    it('says what it owes when the broker stops, and hears no more', async () => {
      await a.tell('>> s 0 60 b -\r\n<< z 60 c\r\n');
      a.session.leave();
      a.say('>> late 0 60 b -\r\n');
      await a.settled();
      expect([a.received, a.ended]).to.deep.equal(['++ s\r\n', true]);
      expect(stats()).to.include({ receivers: 0, sent: 1 });
      expect(sessions.events).to.deep.equal(['1 ended']);
    });

    it('gives back nothing of what was written before a long answer', async () => {
      await a.tell(`>> 1 1 60 x -\r\nm\r\n${'>> 2 4096 60 q -\r\n'.concat('b'.repeat(4096), '\r\n').repeat(40)}`);
      b.socket.room = 64 * 1024;
      await b.tell('<< r 0 x\r\n== p peek q 40\r\n');
      expect(b.received).to.match(/^>> r 1 60 x - attempt=1\r\nm\r\n/);
      await b.break();
      expect(stats()).to.include({ settled: 1, messages: 40 });
    });

    it('gives back what was not written when the connection breaks', async () => {
      await b.tell('>> 1 1 60 a -\r\n1\r\n>> 2 1 60 a -\r\n2\r\n');
      a.say('<< r 0 a count=2\r\n');
      await a.break();
      await b.tell('<< r 0 a count=2\r\n');
      expect(b.received.match(/\r\n\d\r\n/g)).to.deep.equal(['\r\n1\r\n', '\r\n2\r\n']);
      expect(sessions.events).to.deep.equal(['1 closed']);
    });
  });

  describe('with a journal', () => {
    let journal: FakeJournal;

    beforeEach(() => {
      journal = new FakeJournal();
      sessions = new Sessions({ journal });
      a = sessions.connectTagged();
      b = sessions.connectTagged();
    });

    it('gives the receipt when the message is on disk, and greets after it', async () => {
      journal.hold = true;
      await a.tell('>> 1 0 60 a -\r\n!! 2\r\n');
      expect(a.heard()).to.equal('');
      journal.answer();
      await a.settled();
      expect(a.heard()).to.match(/^\+\+ 1\r\n\+\+ 2 v=2/);
    });

    it('says that a receive is over only after what was under way to it', async () => {
      await b.tell('>> 1 0 60 a -\r\n');
      journal.hold = true;
      await a.tell('<< r 60 a lease=9 count=2\r\n.. r\r\n.. r\r\n<< r 0 b\r\n');
      expect(a.heard()).to.match(/^-- r tag-in-use [^\r]+\r\n$/);
      journal.answer();
      await a.settled();
      expect(a.heard()).to.match(/^>> r 0 60 a - attempt=1 delivery=\S+\r\n\*\* r\r\n$/);
    });

    it('is over with the last message also when it was taken back', async () => {
      await b.tell('>> 1 0 60 a -\r\n');
      journal.hold = true;
      await a.tell('<< r 60 a lease=9\r\n.. r\r\n');
      journal.answer();
      await a.settled();
      expect(a.heard()).to.match(/^>> r 0 60 a - attempt=1 delivery=\S+\r\n$/);
      expect(stats()).to.include({ deliveries: 1 });
    });

    it('says so at the same cost however many others there are', async () => {
      await a.tell(Array.from({ length: 20_000 }, (_, i) => `<< ${i} 60 a count=2 lease=9\r\n`).join(''));
      // Each would take 15 ms if all were looked through.
      for (let i = 0; i < 2000; i++) {
        journal.hold = true;
        await b.tell('>> 1 0 60 a -\r\n');
        a.say(`.. ${i}\r\n`);
        journal.hold = false;
        journal.answer();
        await a.settled();
        expect(a.heard()).to.match(new RegExp(`^>> ${i} 0 60 a .*\r\n\\*\\* ${i}\r\n$`));
      }
    });

    it('says so also when nothing came of what was under way', async () => {
      journal.hold = true;
      await a.tell('<< r 60 a lease=9 count=2\r\n');
      await b.tell('>> 1 0 60 a -\r\n');
      await a.tell('.. r\r\n');
      expect(a.heard()).to.equal('');
      journal.hold = false;
      journal.answer('full');
      await a.settled();
      expect(b.heard()).to.match(/^-- 1 full /);
      journal.outcome = 'ok';
      sessions.world.clock.advance(600);
      await a.settled();
      expect(a.heard()).to.equal('** r\r\n');
    });

    it('gives back what was under way to a client that said goodbye, as if it had never been', async () => {
      await b.tell('>> 1 0 60 a -\r\n');
      journal.hold = true;
      await a.tell('<< r 60 a lease=9\r\n.\r\n');
      expect(a.ended).to.equal(false);
      journal.hold = false;
      journal.answer();
      await a.settled();
      expect([a.heard(), a.ended]).to.deep.equal(['', true]);
      b.heard();
      await b.tell('<< r 0 a lease=9\r\n');
      expect(b.heard()).to.match(/attempt=1 /);
    });

    it('gives back what was under way to a client that vanished', async () => {
      await b.tell('>> 1 0 60 a -\r\n');
      journal.hold = true;
      await a.tell('<< r 60 a lease=9\r\n');
      await a.break();
      journal.hold = false;
      journal.answer();
      await b.settled();
      expect(stats()).to.include({ deliveries: 0, messages: 1 });
    });

    describe('that holds what is wanted', () => {
      beforeEach(async () => {
        sessions = new Sessions({ journal, limits: { memory: 1 } });
        a = sessions.connectTagged();
        b = sessions.connectTagged();
        for (let i = 0; i < 5; i++) await b.tell(`>> ${i} 1 60 a -\r\n${i}\r\n`);
        expect(b.heard()).to.equal('++ 0\r\n++ 1\r\n++ 2\r\n++ 3\r\n++ 4\r\n');
        journal.hold = true;
      });

      const answered = async (client: FakeClient) => {
        while (journal.underWay > 0) {
          journal.answer();
          await client.settled();
        }
      };

      it('answers who wants only what is there, and says goodbye', async () => {
        await a.tell('<< r 0 a count=5\r\n<< q 0 none\r\n.\r\n');
        await answered(a);
        expect(a.received.match(/^\d$/gm)).to.deep.equal(['0', '1', '2', '3', '4']);
        expect(a.ended).to.equal(true);
      });

      it('gives back what such a client could not finish any more', async () => {
        await a.tell('<< r 0 a count=9 lease=9\r\n.\r\n');
        await answered(a);
        expect([a.received, a.ended]).to.deep.equal(['', true]);
        await b.tell('<< r 0 a lease=9\r\n');
        await answered(b);
        expect(b.heard()).to.match(/^>> r 1 60 a - attempt=1 .*\r\n0\r\n$/);
      });

      it('answers a client of the protocol of 2010 that ends its side', async () => {
        const original = sessions.connect();
        original.say('< 0 a\r\n');
        await original.end();
        await answered(original);
        expect([original.received, original.ended]).to.deep.equal(['> 1 60 a\r\n0\r\n', true]);
      });
    });

    it('closes after a goodbye only when what came before is on disk', async () => {
      journal.hold = true;
      await a.tell('>> 1 0 60 a -\r\n.\r\n');
      expect([a.heard(), a.ended]).to.deep.equal(['', false]);
      journal.answer();
      await a.settled();
      expect([a.heard(), a.ended]).to.deep.equal(['++ 1\r\n', true]);
    });

    it('promises nothing after the journal failed', async () => {
      journal.hold = true;
      await a.tell('>> 1 0 60 a -\r\n!! 2\r\n');
      journal.answer('failed');
      await a.settled();
      expect(a.heard()).to.equal('');
      await a.tell('>> 3 0 60 a -\r\n');
      expect(a.heard()).to.match(/^-- 3 journal-failed /);
    });
  });

  it('logs messages at the level debug, with connection and tag', async () => {
    await a.tell('>> 1 2 60 a r\r\nhi\r\n<< 2 1 a\r\n');
    const fields = { connection: 1, to: 'a', replyTo: 'r', bytes: 2 };
    expect(sessions.log.lines).to.deep.equal([
      { level: 'debug', text: 'sent', fields: { ...fields, tag: '1' } },
      { level: 'debug', text: 'delivered', fields: { ...fields, tag: '2' } },
    ]);
  });
});
