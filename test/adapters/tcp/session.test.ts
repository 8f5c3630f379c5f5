import { expect } from 'chai';
import { beforeEach, describe, it } from 'mocha';
import { EMPTY } from '../../support/exchange.js';
import { FakeJournal } from '../../support/journal.js';
import { type FakeClient, Sessions } from '../../support/sessions.js';

describe('Session', () => {
  let sessions: Sessions;
  let a: FakeClient;
  let b: FakeClient;

  beforeEach(() => {
    sessions = new Sessions();
    a = sessions.connect();
    b = sessions.connect();
  });

  const stats = () => sessions.world.exchange.stats();

  it('sends and receives', async () => {
    await a.tell('> 5 60 a back\r\nhello\r\n');
    await b.tell('< 1 a\r\n');
    expect(b.received).to.equal('> 5 60 a back\r\nhello\r\n');
    expect(a.received).to.equal('');
    expect(stats()).to.include({ ...EMPTY, settled: 1 });
  });

  it('shows the timeout as it was sent, also 0', async () => {
    await a.tell('> 0 0 a\r\n< 1 a\r\n> 0 -7 a\r\n< 1 a\r\n');
    expect(a.received).to.equal('> 0 0 a\r\n> 0 0 a\r\n');
  });

  it('answers a timeout of 0 at once', async () => {
    await a.tell('< 0 a\r\n');
    expect(a.received).to.equal('*\r\n');
  });

  it('answers when the time runs out', async () => {
    await a.tell('< 5 a\r\n');
    sessions.world.clock.advance(5020);
    await a.settled();
    expect(a.received).to.equal('*\r\n');
  });

  it('carries a query to its handler and the answer back', async () => {
    await b.tell('< 60 sums\r\n');
    await a.tell('? 3 30 sums\r\n2+2\r\n');
    const [, replyTo] = /^> 3 30 sums (\S+)\r\n2\+2\r\n$/.exec(b.received) ?? [];
    expect(replyTo).to.be.a('string');
    await b.tell(`> 1 30 ${replyTo}\r\n4\r\n`);
    expect(a.received).to.equal(`> 1 30 ${replyTo}\r\n4\r\n`);
    expect(stats()).to.include(EMPTY);
  });

  it('ends a query when its time runs out; later pieces of an answer can be received', async () => {
    await a.tell('? 0 1 q\r\n');
    await b.tell('< 1 q\r\n');
    const replyTo = b.received.trim().split(' ')[4];
    sessions.world.clock.advance(1020);
    await a.settled();
    expect(a.received).to.equal('*\r\n');
    await b.tell(`> 4 30 ${replyTo}\r\nlate\r\n< 1 ${replyTo}\r\n`);
    expect(b.received).to.match(/late\r\n$/);
  });

  for (const [sign, wait] of [
    ['<', '< 10 w\r\n'],
    ['?', '? 0 10 q\r\n'],
  ]) {
    it(`holds back what follows a waiting ${sign}`, async () => {
      await a.tell(`${wait}> 1 60 x\r\n1\r\n< 0 none\r\n.\r\n`);
      expect(stats().receivers).to.equal(1);
      await b.tell('< 0 x\r\n');
      expect(b.received).to.equal('*\r\n');
      sessions.world.clock.advance(10_020);
      await a.settled();
      expect(a.received).to.equal('*\r\n*\r\n');
      expect(a.ended).to.equal(true);
      await b.tell('< 0 x\r\n');
      expect(b.received).to.equal('*\r\n> 1 60 x\r\n1\r\n');
    });
  }

  it('goes on with what was held back, whatever came while it waited', async () => {
    await a.tell('< 10 w\r\n> 5 60 x\r\nhe');
    await a.tell('llo');
    await a.tell('\r\n<');
    await b.tell('> 0 1 w\r\n');
    await a.tell(' 0 x\r\n');
    expect(a.received).to.equal('> 0 1 w\r\n> 5 60 x\r\nhello\r\n');
  });

  it('receives its own message', async () => {
    await a.tell('> 1 60 a\r\n1\r\n< 1 a\r\n');
    expect(a.received).to.equal('> 1 60 a\r\n1\r\n');
  });

  it('joins the answers of one turn into one write', async () => {
    for (let i = 0; i < 20; i++) a.say(`> 2 60 a\r\n${10 + i}\r\n`);
    for (let i = 0; i < 20; i++) b.say('< 0 a\r\n');
    b.say('< 0 a\r\n');
    expect(b.socket.writes).to.deep.equal([]);
    await b.settled();
    expect(b.socket.writes).to.have.length(1);
    expect(b.received.split('\r\n').filter((line) => line.length === 2)).to.have.length(20);
    expect(b.received.endsWith('29\r\n*\r\n')).to.equal(true);
  });

  describe('refusals', () => {
    const cases: [string, RegExp][] = [
      ['what is this', /^- invalid command[^\r\n]*\r\n$/],
      ['> 1 60', /^- message format: > bodyLen timeout toAddr \[replyAddr\][^\r\n]*\r\n$/],
      ['? 1 60', /^- query format: \? bodyLen timeout toAddr[^\r\n]*\r\n$/],
      ['< 1', /^- ready format: < timeout onAddr1 \[onAddr2\.\.onAddrN\][^\r\n]*\r\n$/],
      ['< x a', /^- invalid timeout format[^\r\n]*\r\n$/],
      ['> x 1 a', /^- invalid body length format[^\r\n]*\r\n$/],
      ['> 1 1 a\r\nxx', /^- body must be followed by \\r\\n[^\r\n]*\r\n$/],
    ];
    for (const [said, answer] of cases) {
      it(`${JSON.stringify(said)}: says why, and ends`, async () => {
        await a.tell(`${said}\r\n> 1 60 a\r\nx\r\n`);
        expect(a.received).to.match(answer);
        expect(a.ended).to.equal(true);
        expect(stats().sent).to.equal(0);
        expect(sessions.events).to.deep.equal(['1 ended']);
        await a.tell('< 0 a\r\n');
        expect(a.received).to.match(answer);
      });
    }

    it('carry out what came before', async () => {
      await a.tell('> 1 60 a\r\nx\r\n< 0 a\r\nbad\r\n');
      expect(a.received).to.match(/^> 1 60 a\r\nx\r\n- invalid command/);
      expect(stats()).to.include({ ...EMPTY, settled: 1 });
    });

    it('come after what waits', async () => {
      await a.tell('< 5 a\r\nbad\r\n');
      expect(a.received).to.equal('');
      await b.tell('> 1 60 a\r\nx\r\n');
      expect(a.received).to.match(/^> 1 60 a\r\nx\r\n- invalid command/);
    });

    it('tell that the broker has no room, and keep nothing', async () => {
      sessions = new Sessions({ limits: { messages: 1 } });
      a = sessions.connect();
      await a.tell('> 1 60 a\r\n1\r\n? 1 60 a\r\n2\r\n> 1 60 a\r\n3\r\n');
      expect(a.received).to.equal('- the broker holds as many messages as it may\r\n');
      expect(a.ended).to.equal(true);
      expect(stats()).to.include({ messages: 1, receivers: 0, queues: 1 });
    });

    it('come when the disk is full, also to a session that waits', async () => {
      const journal = new FakeJournal();
      sessions = new Sessions({ journal });
      a = sessions.connect();
      journal.outcome = 'full';
      await a.tell('> 1 60 a\r\n1\r\n< 60 b\r\n');
      expect(a.received).to.equal('- the disk that holds the journal is full\r\n');
      expect(a.ended).to.equal(true);
      expect(stats()).to.include(EMPTY);
    });
  });

  describe('after a goodbye, with a journal', () => {
    let journal: FakeJournal;

    beforeEach(() => {
      journal = new FakeJournal();
      journal.hold = true;
      sessions = new Sessions({ journal });
    });

    for (const how of ['.', 'the end of its side'] as const) {
      it(`(${how}) closes only when what was sent is on disk`, async () => {
        const a = sessions.connect();
        await a.tell(how === '.' ? '> 1 60 x\r\n1\r\n.\r\n' : '> 1 60 x\r\n1\r\n');
        if (how !== '.') await a.end();
        expect(journal.underWay).to.equal(1);
        expect(a.ended).to.equal(false);
        journal.answer();
        await a.settled();
        expect(a.ended).to.equal(true);
        expect(a.received).to.equal('');
      });
    }

    it('says what could not be kept, and closes', async () => {
      const a = sessions.connect();
      await a.tell('> 1 60 x\r\n1\r\n.\r\n');
      journal.answer('full');
      await a.settled();
      expect(a.received).to.equal('- the disk that holds the journal is full\r\n');
      expect(a.ended).to.equal(true);
    });
  });

  describe('when the client ends its side', () => {
    it('closes at once where nothing is under way', async () => {
      await a.end();
      expect([a.received, a.ended]).to.deep.equal(['', true]);
      expect(sessions.events).to.deep.equal(['1 ended', '1 closed']);
    });

    it('carries out and answers what came before', async () => {
      a.say('> 5 60 a\r\nhello\r\n< 1 a\r\n');
      await a.end();
      expect(a.received).to.equal('> 5 60 a\r\nhello\r\n');
      expect(a.ended).to.equal(true);
      expect(stats()).to.include({ ...EMPTY, settled: 1 });
    });

    it('takes back a waiting receive', async () => {
      await a.tell('< 5 a\r\n');
      await a.end();
      expect([a.received, a.ended]).to.deep.equal(['', true]);
      expect(stats()).to.include(EMPTY);
    });

    it('carries out what stands behind a receive that was taken back', async () => {
      await a.tell('< 5 a\r\n> 1 60 b\r\n1\r\n< 5 c\r\n< 1 b\r\n> 1 60 b\r\n2\r\n');
      await a.end();
      expect([a.received, a.ended]).to.deep.equal(['> 1 60 b\r\n1\r\n', true]);
      expect(stats()).to.include({ messages: 1, receivers: 0, queues: 1 });
    });

    it('lets a receive wait that has a goodbye behind it', async () => {
      await a.tell('< 5 a\r\n.\r\n');
      await a.end();
      expect(a.ended).to.equal(false);
      await b.tell('> 5 60 a\r\nhello\r\n');
      expect([a.received, a.ended]).to.deep.equal(['> 5 60 a\r\nhello\r\n', true]);
    });

    it('lets it wait for its timeout, too, wherever the goodbye stands', async () => {
      await a.tell('< 5 a\r\n< 2 b\r\n> 0 9 c\r\n.\r\n');
      await a.end();
      sessions.world.clock.advance(5020);
      await a.settled();
      expect([a.received, a.ended]).to.deep.equal(['*\r\n', false]);
      sessions.world.clock.advance(2020);
      await a.settled();
      expect([a.received, a.ended]).to.deep.equal(['*\r\n*\r\n', true]);
      expect(stats().messages).to.equal(1);
    });

    it('answers a waiting query, and goes on with what stands behind it', async () => {
      await a.tell('? 0 30 q\r\n> 1 60 b\r\n1\r\n< 30 a\r\n');
      await a.end();
      expect(a.ended).to.equal(false);
      await b.tell('< 1 q\r\n');
      const replyTo = b.received.trim().split(' ')[4];
      await b.tell(`> 2 1 ${replyTo}\r\nok\r\n`);
      expect([a.received, a.ended]).to.deep.equal([`> 2 1 ${replyTo}\r\nok\r\n`, true]);
      expect(stats()).to.include({ messages: 1, receivers: 0 });
    });

    it('refuses what can not be understood, after what came before', async () => {
      await a.tell('< 5 a\r\n< 0 b\r\nbad\r\n.\r\n');
      await a.end();
      expect(a.received).to.match(/^\*\r\n- invalid command/);
      expect(stats()).to.include(EMPTY);
    });

    it('drops a command that is not whole', async () => {
      await a.tell('> 5 60 a\r\nhell');
      await a.end();
      expect([a.received, a.ended]).to.deep.equal(['', true]);
      expect(stats().sent).to.equal(0);
    });
  });

  describe('when the connection breaks', () => {
    it('takes back a waiting receive, and forgets a waiting query', async () => {
      await a.tell('< 5 a\r\n> 1 60 never\r\nx\r\n');
      await b.tell('? 0 5 q\r\n');
      await Promise.all([a.break(), b.break()]);
      expect(stats()).to.include({ receivers: 0, messages: 1, sent: 1 });
      expect(sessions.events).to.deep.equal(['1 closed', '2 closed']);
    });

    it('puts back what was not written, in order, at the head', async () => {
      await b.tell('> 1 60 a\r\n1\r\n> 1 60 a\r\n2\r\n> 1 60 a\r\n3\r\n');
      a.say('< 0 a\r\n< 0 a\r\n');
      await a.break();
      expect(a.received).to.equal('');
      expect(stats()).to.include({ messages: 3, deliveries: 0, settled: 0 });
      await b.tell('< 0 a\r\n< 0 a\r\n< 0 a\r\n< 0 a\r\n');
      expect(b.received.replaceAll('> 1 60 a\r\n', '')).to.equal('1\r\n2\r\n3\r\n*\r\n');
    });

    it('gives what was not written to those who wait, oldest first', async () => {
      await b.tell('> 1 60 a\r\n1\r\n> 1 60 a\r\n2\r\n');
      a.say('< 0 a\r\n< 0 a\r\n');
      const c = sessions.connect();
      b.say('< 60 a\r\n');
      c.say('< 60 a\r\n');
      await a.break();
      await Promise.all([b.settled(), c.settled()]);
      expect(b.received).to.equal('> 1 60 a\r\n1\r\n');
      expect(c.received).to.equal('> 1 60 a\r\n2\r\n');
    });

    it('puts back what the kernel did not take, and not what it took', async () => {
      a.socket.room = 20;
      await b.tell('> 1 60 a\r\n1\r\n> 1 60 a\r\n2\r\n> 1 60 a\r\n3\r\n');
      await a.tell('< 0 a\r\n');
      await a.tell('< 0 a\r\n');
      await a.tell('< 0 a\r\n');
      expect(stats()).to.include({ deliveries: 2, settled: 1 });
      await a.break();
      await b.tell('< 0 a\r\n< 0 a\r\n< 0 a\r\n');
      expect(b.received.replaceAll('> 1 60 a\r\n', '')).to.equal('2\r\n3\r\n*\r\n');
      expect(stats()).to.include({ ...EMPTY, settled: 3 });
    });
  });

  describe('a client that does not read', () => {
    const large = 'x'.repeat(100_000);

    it('gets no more than 256 KiB and the message that passes them, until it reads', async () => {
      a.socket.room = 0;
      for (let i = 0; i < 10; i++) await b.tell(`> 100000 60 a\r\n${large}\r\n`);
      await a.tell('< 9 a\r\n'.repeat(10));
      expect(stats()).to.include({ messages: 7, deliveries: 3, settled: 0 });
      await b.tell('< 0 a\r\n');
      expect(stats().messages).to.equal(6);
      for (let i = 0; i < 20; i++) {
        a.socket.read_(64 * 1024);
        await a.settled();
      }
      expect(a.received.replaceAll('> 100000 60 a\r\n', '') === `${large}\r\n`.repeat(9)).to.equal(true);
      expect(stats()).to.include({ messages: 0, deliveries: 0, receivers: 1, settled: 10 });
      expect(sessions.events.at(-1)).to.equal('1 unblocked');
    });

    it('is passed over only while it does not read', async () => {
      await b.tell(`> 300000 60 a\r\n${'y'.repeat(300_000)}\r\n> 1 60 a\r\n2\r\n`);
      await a.tell('< 1 a\r\n< 1 a\r\n');
      expect(a.received).to.match(/^> 300000 60 a\r\ny{300000}\r\n> 1 60 a\r\n2\r\n$/);
    });

    it('is passed over only while it does not read, also when it had to wait for the message', async () => {
      await a.tell('< 9 a\r\n< 9 a\r\n');
      await b.tell(`> 300000 60 a\r\n${'y'.repeat(300_000)}\r\n> 1 60 a\r\n2\r\n`);
      await a.settled();
      expect(a.received).to.match(/^> 300000 60 a\r\ny{300000}\r\n> 1 60 a\r\n2\r\n$/);
      await a.tell('> 1 60 a\r\n3\r\n< 0 a\r\n');
      expect(a.received).to.match(/3\r\n$/);
    });

    it('gets a message of 3 MiB in pieces, and it is settled with the last', async () => {
      const length = 3 * 1024 * 1024;
      a.socket.room = 70_000;
      await b.tell(`> ${length} 60 a\r\n${'z'.repeat(length)}\r\n`);
      await a.tell('< 1 a\r\n');
      expect(stats()).to.include({ deliveries: 1, settled: 0 });
      a.socket.read_(2 * 1024 * 1024);
      await a.settled();
      expect(stats()).to.include({ deliveries: 1, settled: 0 });
      a.socket.read_(2 * 1024 * 1024);
      await a.settled();
      expect(a.received.length).to.equal(length + `> ${length} 60 a\r\n\r\n`.length);
      expect(Math.max(...a.socket.writes.map((text) => text.length))).to.be.at.most(64 * 1024);
      expect(stats()).to.include({ deliveries: 0, settled: 1 });
    });

    it('gets all that it is owed before the goodbye', async () => {
      a.socket.room = 0;
      await b.tell('> 1 60 a\r\n1\r\n');
      await a.tell('< 0 a\r\n.\r\n');
      expect(a.ended).to.equal(false);
      a.socket.read_(100);
      await a.settled();
      expect([a.received, a.ended]).to.deep.equal(['> 1 60 a\r\n1\r\n', true]);
    });

    it('has nothing unwritten put back twice when it breaks while ending', async () => {
      a.socket.room = 0;
      await b.tell('> 1 60 a\r\n1\r\n');
      await a.tell('< 0 a\r\n.\r\n');
      await a.break();
      expect(stats()).to.include({ messages: 1, deliveries: 0 });
      await b.tell('< 0 a\r\n< 0 a\r\n');
      expect(b.received).to.equal('> 1 60 a\r\n1\r\n*\r\n');
    });
  });

  it('stops reading when too much comes behind a command that waits, and goes on later', async () => {
    const sends = 2000;
    let paused = false;
    a.socket.on('pause', () => {
      paused = true;
    });
    await a.tell(`< 5 a\r\n${`> 50 60 b\r\n${'x'.repeat(50)}\r\n`.repeat(sends)}`);
    expect(paused).to.equal(true);
    expect(a.socket.isPaused()).to.equal(true);
    await b.tell('> 0 1 a\r\n');
    await a.settled();
    expect(a.socket.isPaused()).to.equal(false);
    expect(stats().messages).to.equal(sends);
  });

  it('takes a line longer than what it reads ahead, behind a command that waits', async () => {
    sessions = new Sessions();
    a = sessions.connect({ line: 200_000, body: 100 });
    b = sessions.connect();
    await a.tell(`< 5 a\r\n${' '.repeat(100_000)}`);
    expect(a.socket.isPaused()).to.equal(true);
    await b.tell('> 0 1 a\r\n');
    await a.settled();
    expect(a.socket.isPaused()).to.equal(false);
    await a.tell('< 0 a\r\n');
    expect(a.received).to.equal('> 0 1 a\r\n*\r\n');
  });

  it('leaves when it is told to, and says so: who sends without receipts could not tell what was read', async () => {
    await a.tell('< 60 a\r\n');
    a.session.leave();
    await a.settled();
    expect([a.received, a.ended]).to.deep.equal(['- the broker is stopping\r\n', true]);
    expect(stats()).to.include(EMPTY);
    a.session.leave();
    expect(sessions.events).to.deep.equal(['1 ended']);
  });

  it('is busy with a query and with unwritten answers, not with a receive', async () => {
    await a.tell('< 60 a\r\n');
    expect(a.session.busy).to.equal(false);
    b.socket.room = 0;
    await b.tell('? 0 60 a\r\n');
    expect(b.session.busy).to.equal(true);
    const replyTo = a.received.trim().split(' ')[4];
    await a.tell(`> 0 60 ${replyTo}\r\n`);
    await b.settled();
    expect(b.session.busy).to.equal(true);
    b.socket.read_(100);
    await b.settled();
    expect(b.session.busy).to.equal(false);
  });

  it('logs messages at the level debug, with the connection', async () => {
    await a.tell('> 2 60 a r\r\nhi\r\n< 1 a\r\n');
    const fields = { connection: 1, to: 'a', replyTo: 'r', bytes: 2 };
    expect(sessions.log.lines).to.deep.equal([
      { level: 'debug', text: 'sent', fields },
      { level: 'debug', text: 'delivered', fields },
    ]);
  });
});
