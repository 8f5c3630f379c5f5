import { once } from 'node:events';
import { existsSync, statSync } from 'node:fs';
import { get, type IncomingMessage } from 'node:http';
import { setImmediate } from 'node:timers/promises';
import { expect } from 'chai';
import { afterEach, beforeEach, describe, it } from 'mocha';
import { buildContainer } from '../../src/app/container.js';
import { type RunningBroker, startBroker } from '../../src/app/lifecycle.js';
import { brokerOptions } from '../../src/app/options.js';
import { MOST_GATHERED } from '../../src/domain/commits.js';
import type { Batch, Journal, JournalFailure, Stored, Wanted } from '../../src/ports/journal.js';
import { CLOCK, IDS, JOURNAL, LOG } from '../../src/ports/tokens.js';
import { ManualClock } from '../support/clock.js';
import { CountingIds } from '../support/ids.js';
import { FakeJournal } from '../support/journal.js';
import { LineClient } from '../support/line-client.js';
import { MemoryLog } from '../support/log.js';
import { TestFolder } from '../support/process.js';

/** Keeps what is committed, and fails when told to. */
class TestJournal implements Journal {
  readonly sync = 'full';
  readonly kept = new Map<number, Stored>();
  failure: JournalFailure | undefined;
  closed = false;

  restore(): undefined {
    return undefined;
  }

  commit({ added, removed }: Batch, done: (failure?: JournalFailure) => void): void {
    if (this.failure === undefined) {
      for (const stored of added) this.kept.set(stored.seq, stored);
      for (const seq of removed) this.kept.delete(seq);
    }
    done(this.failure);
  }

  read(_wanted: Wanted, _count: number, _bytes: number, done: (found: readonly Stored[]) => void): void {
    done([]);
  }

  async close(): Promise<void> {
    this.closed = true;
  }
}

describe('a broker from its own container', () => {
  let folder: TestFolder;
  let path: string;
  let log: MemoryLog;
  let journal: TestJournal;
  let brokers: RunningBroker[];

  beforeEach(() => {
    folder = new TestFolder();
    path = folder.file('socket');
    log = new MemoryLog();
    journal = new TestJournal();
    brokers = [];
  });

  afterEach(async () => {
    for (const broker of brokers) await broker.stop().catch(() => undefined);
    folder.remove();
  });

  /** With the journal and log of this test in place of its own, and what else is asked for. */
  async function start(
    flags: Record<string, string> = {},
    replace: readonly [symbol, unknown][] = [],
  ): Promise<RunningBroker> {
    const options = brokerOptions({ address: path, ...flags }, {});
    const container = await buildContainer(options);
    container.register(LOG, { useValue: log }).register(JOURNAL, { useValue: journal });
    for (const [token, useValue] of replace) container.register(token, { useValue });
    const broker = await startBroker(options, container);
    brokers.push(broker);
    return broker;
  }

  it('uses the journal, the clock and the ids it is given', async () => {
    const clock = new ManualClock();
    await start({}, [
      [CLOCK, clock],
      [IDS, new CountingIds('reply-')],
    ]);
    const [asker, answerer] = [await LineClient.connect({ path }), await LineClient.connect({ path })];
    await asker.send('? 2 30 sums\r\n2+\r\n');
    await answerer.send('< 30 sums\r\n');
    const { words, body } = await answerer.message();
    expect(words.slice(0, 4)).to.deep.equal(['>', '2', '30', 'sums']);
    expect(words[4]).to.match(/^reply:reply-\d+$/);
    expect(body).to.equal('2+');
    clock.advance(31_000);
    expect(await asker.line()).to.equal('*');
    await asker.send('> 1 60 kept\r\nx\r\n< 0 nothing\r\n');
    expect(await asker.line()).to.equal('*');
    await asker.send('< 0 nothing\r\n');
    expect(await asker.line()).to.equal('*');
    expect([...journal.kept.values()].map(({ message }) => message.to)).to.deep.equal(['kept']);
    await asker.close();
    await answerer.close();
  });

  it('two brokers in one process share nothing', async () => {
    await start();
    const second = journal;
    journal = new TestJournal();
    await start({ address: folder.file('second') });
    const client = await LineClient.connect({ path: folder.file('second') });
    await client.send('> 1 60 a\r\nx\r\n.\r\n');
    await client.closed;
    expect(journal.kept.size).to.equal(1);
    expect(second.kept.size).to.equal(0);
  });

  it('a commit that fails ends it, with the cause, and without a word to the sender', async () => {
    const broker = await start();
    journal.failure = { kind: 'failed', cause: new Error('EIO on fsync') };
    const client = await LineClient.connect({ path });
    await client.send('> 1 60 a\r\nx\r\n');
    const error = await broker.stopped.then(
      () => undefined,
      (cause: Error) => cause,
    );
    expect(error?.message).to.equal('the journal failed: EIO on fsync');
    expect(client.received).to.equal('');
    await client.close();
  });

  it('a full disk refuses sends by name, and delivers what is queued', async () => {
    const clock = new ManualClock();
    await start({}, [[CLOCK, clock]]);
    const receiver = await LineClient.connect({ path });
    await receiver.send('> 5 60 a\r\nfirst\r\n< 0 nothing\r\n');
    expect(await receiver.line()).to.equal('*');
    journal.failure = { kind: 'full', cause: new Error('ENOSPC') };
    const sender = await LineClient.connect({ path });
    await sender.send('> 6 60 a\r\nsecond\r\n');
    expect(await sender.line()).to.equal('- the disk that holds the journal is full');
    await sender.closed;
    await receiver.send('< 0 a\r\n< 0 a\r\n');
    expect((await receiver.message()).body).to.equal('first');
    expect(await receiver.line()).to.equal('*');
    journal.failure = undefined;
    clock.advance(1000);
    await receiver.send('> 5 60 a\r\nthird\r\n< 0 a\r\n');
    expect((await receiver.message()).body).to.equal('third');
    await receiver.close();
  });

  it('stopped, it commits, closes the journal, removes its socket, and leaves a log', async () => {
    const broker = await start();
    expect(statSync(path).mode & 0o777).to.equal(0o660);
    const client = await LineClient.connect({ path });
    await client.send('> 1 60 a\r\nx\r\n< 0 nothing\r\n');
    expect(await client.line()).to.equal('*');
    await broker.stop();
    await client.closed;
    expect(journal.kept.size).to.equal(1);
    expect(journal.closed).to.equal(true);
    expect(existsSync(path)).to.equal(false);
    expect(log.lines.map(({ text }) => text)).to.include.members(['starting', 'listening', 'stopping', 'stopped']);
  });

  it('hears a sender no further while more waits for the disk than can be written', async () => {
    const slow = new FakeJournal();
    slow.hold = true;
    const broker = await start({}, [[JOURNAL, slow]]);
    const client = await LineClient.connect({ path });
    const body = 'x'.repeat(1000);
    const count = 20_000;
    const sent = client.send(`${`> ${body.length} 600 a\r\n${body}\r\n`.repeat(count)}.\r\n`);
    while (slow.underWay === 0) await setImmediate();
    // Many more turns than it would take to hear it all.
    for (let turn = 0; turn < 2000; turn++) await setImmediate();
    // What was in the first commit, what may change beside it, and one more read.
    expect(slow.batches).to.have.lengthOf(1);
    const first = slow.batches[0]?.added.length ?? 0;
    slow.answer();
    for (let turn = 0; turn < 2000; turn++) await setImmediate();
    expect(slow.batches).to.have.lengthOf(2);
    const second = slow.batches[1]?.added.length ?? 0;
    expect((first + second) * body.length).to.be.lessThan(MOST_GATHERED + 256 * 1024);
    slow.hold = false;
    slow.answer();
    await sent;
    await client.closed;
    expect(slow.kept.size).to.equal(count);
    await broker.stop();
  });

  it('a commit that fails while it stops is what it ends with', async () => {
    const broker = await start();
    const client = await LineClient.connect({ path });
    const underWay = new Promise<(failure: JournalFailure) => void>((resolve) => {
      journal.commit = (_batch, done) => resolve(done);
    });
    await client.send('> 1 60 a\r\nx\r\n');
    const done = await underWay;
    const stopped = broker.stop().then(
      () => undefined,
      (cause: Error) => cause,
    );
    done({ kind: 'failed', cause: new Error('EIO on fsync') });
    const error = await stopped;
    expect(error?.message).to.equal('the journal failed: EIO on fsync');
    expect(journal.closed).to.equal(true);
    expect(log.closed).to.equal(true);
    await client.close();
  });

  it('what keeps it from starting undoes what was started before', async () => {
    await start();
    journal = new TestJournal();
    const failure = await start({ listen: `unix:${folder.file('free')}` } as never).then(
      () => undefined,
      (error: Error) => error,
    );
    expect(failure?.message).to.match(/another broker is running there/);
    expect(journal.closed).to.equal(true);
    expect(existsSync(folder.file('free'))).to.equal(false);
  });

  it('says in its own words what is wrong with the file of tokens', async () => {
    const file = folder.file('tokens');
    const failure = await start({ tokens: file }).then(
      () => undefined,
      (error: Error) => error,
    );
    expect(failure?.message).to.match(/^cannot read the file of tokens \S+: ENOENT/);
  });

  it('a request that nobody answers gets a 503 when the time to drain is over', async () => {
    const broker = await start({ 'http-network': 'unix', 'http-address': folder.file('http'), 'drain-timeout': '0' });
    const response = once(get({ socketPath: folder.file('http'), agent: false }), 'response');
    const handler = await LineClient.connect({ path });
    await handler.send('< 10 msglite.httpRequests\r\n');
    await handler.message();
    const stopped = broker.stop();
    const [{ statusCode, headers }] = (await response) as [IncomingMessage];
    expect(statusCode).to.equal(503);
    expect(headers).to.include({ 'retry-after': '1', connection: 'close' });
    await stopped;
    await handler.close();
  });
});
