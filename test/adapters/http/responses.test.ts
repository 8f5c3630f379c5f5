import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { afterEach, beforeEach, it } from 'mocha';
import { eventually } from '../../support/eventually.js';
import type { Asked, RawClient } from './world.js';
import { allWays, HttpWorld, undated } from './world.js';

/** Bytes that the system has yet to send from this port, for whoever is at the other end. Known on Linux only. */
function unsent(port: number): number {
  const table = process.platform === 'linux' ? readFileSync('/proc/net/tcp', 'latin1') : '';
  const from = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  const rows = table.split('\n').map((row) => row.trim().split(/\s+/));
  const queues = rows.filter((row) => row[1]?.endsWith(from)).map((row) => row[4]?.split(':')[0] ?? '');
  return queues.reduce((sum, queue) => sum + Number.parseInt(queue, 16), 0);
}

const KEPT = 'Connection: keep-alive\r\nKeep-Alive: timeout=75\r\n';

allWays('http: from message to response', () => {
  let world: HttpWorld;
  let client: RawClient;

  beforeEach(async () => {
    world = await HttpWorld.start({ settings: { limits: { held: 1_000_000 } } });
  });

  afterEach(() => world.stop());

  const ask = (method = 'GET', version = '1.1'): Promise<Asked> => {
    client = world.client(`${method} / HTTP/${version}\r\nHost: a\r\n\r\n`);
    return world.asked();
  };

  it('the head, then the body in pieces until Content-Length is reached', async () => {
    const asked = await ask();
    asked.answer('["201 Made",["content-length","5","X","1","X","2"]]\nhe', 'l');
    const head = await client.until('hel');
    expect(undated(head)).to.equal(`HTTP/1.1 201 Made\r\ncontent-length: 5\r\nX: 1\r\nX: 2\r\n${KEPT}\r\nhel`);
    expect(world.proxy.open).to.equal(1);
    asked.answer('lo');
    await client.until('lo');
    expect(world.proxy.open).to.equal(0);
  });

  it('without Content-Length in chunks, until an empty message', async () => {
    const asked = await ask();
    asked.answer('["200",[]]');
    expect(undated(await client.until('\r\n\r\n'))).to.equal(
      `HTTP/1.1 200 OK\r\n${KEPT}Transfer-Encoding: chunked\r\n\r\n`,
    );
    asked.answer('hello');
    expect(await client.until('hello\r\n')).to.equal('5\r\nhello\r\n');
    world.clock.advance(24 * 3600 * 1000);
    asked.answer('\xff\n');
    expect(await client.until('\n\r\n')).to.equal('2\r\n\xff\n\r\n');
    asked.answer('');
    expect(await client.until('\r\n\r\n')).to.equal('0\r\n\r\n');
    expect(world.proxy.open).to.equal(0);
  });

  it('for HTTP/1.0 until the connection closes', async () => {
    const asked = await ask('GET', '1.0');
    asked.answer('["200",[]]\nhel', 'lo', '');
    expect(undated(await client.rest())).to.equal('HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nhello');
  });

  it('another client may answer, and another one go on', async () => {
    const asked = await ask();
    world.listener('second');
    world.listener('third');
    asked.answer('["200",["Content-Length","4"]]\nab');
    asked.answer('cd');
    expect(await client.until('abcd')).to.match(/^HTTP\/1\.1 200 OK\r\n/);
  });

  it('an envelope-1 answer: head, body, and an empty message that is no news', async () => {
    for (let i = 0; i < 2; i++) {
      if (i === 0) await ask().then((asked) => asked.answer('["200",["Content-Length","5"]]', 'hello', ''));
      else {
        client.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
        (await world.asked()).answer('["200",["Content-Length","5"]]', 'hello', '');
      }
      expect(await client.until('hello')).to.match(/^HTTP\/1\.1 200 OK\r\n/);
    }
    expect(world.logged('minimal')).to.deep.equal([]);
    expect(world.exchange.stats().deliveries).to.equal(0);
  });

  for (const [status, body] of [
    ['204', ''],
    ['205', 'Content-Length: 0\r\n'],
    ['304', ''],
  ]) {
    it(`a ${status} is over with its head`, async () => {
      const asked = await ask();
      asked.answer(`["${status} X",[]]`, '');
      expect(undated(await client.until('\r\n\r\n'))).to.equal(`HTTP/1.1 ${status} X\r\n${body}${KEPT}\r\n`);
      expect(world.proxy.open).to.equal(0);
    });
  }

  it('HEAD is over with the head of the answer; the body is for nobody', async () => {
    const asked = await ask('HEAD');
    asked.answer('["200",["Content-Length","5"]]\nhello', '');
    client.write('HEAD / HTTP/1.1\r\nHost: a\r\n\r\n');
    (await world.asked()).answer('["404",[]]', 'hello', '');
    const first = `HTTP/1.1 200 OK\r\nContent-Length: 5\r\n${KEPT}\r\n`;
    const second = `HTTP/1.1 404 Not Found\r\n${KEPT}\r\n`;
    await eventually(() => world.proxy.open === 0);
    let both = '';
    while (!both.includes('404')) both += await client.until('\r\n\r\n');
    expect(undated(both)).to.equal(first + second);
    expect(world.logged('minimal')).to.deep.equal([]);
  });

  it('what a handler says about the connection is not passed on', async () => {
    const asked = await ask();
    const headers = ['Connection', 'close, X', 'Keep-Alive', 'timeout=1', 'X', '1', 'Transfer-Encoding', 'gzip'];
    asked.answer(`${JSON.stringify(['200', [...headers, 'Y', '2']])}\nhi`, '');
    expect(undated(await client.until('0\r\n\r\n'))).to.equal(
      `HTTP/1.1 200 OK\r\nY: 2\r\n${KEPT}Transfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n`,
    );
  });

  it("a handler's own Date stays", async () => {
    const asked = await ask();
    asked.answer('["200",["Date","Tue, 15 Nov 1994 08:12:31 GMT","Content-Length","0"]]');
    expect((await client.until('\r\n\r\n')).match(/Date:/g)).to.have.length(1);
  });

  it('bytes beyond Content-Length are cut off, and the connection goes on', async () => {
    const asked = await ask();
    asked.answer('["200",["Content-Length","5"]]\nhel', 'lo there', 'again');
    expect(await client.until('hello')).to.match(/^HTTP\/1\.1 200 OK\r\n/);
    expect(world.logged('minimal')).to.deep.equal([
      'handler failed: the answer is longer than its Content-Length says',
    ]);
    client.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
    (await world.asked()).answer('["200",["Content-Length","2"]]\nok');
    expect(await client.until('ok')).to.match(/^HTTP\/1\.1 200 OK\r\n/);
  });

  it('an answer that ends too early is broken off, so that its client can tell', async () => {
    const asked = await ask();
    asked.answer('["200",["Content-Length","5"]]\nhel');
    await client.until('hel');
    asked.answer('');
    expect(await client.rest()).to.equal('');
    expect(world.logged('minimal')).to.deep.equal([
      'handler failed: the answer ends before what its Content-Length says',
    ]);
    expect(world.proxy.open).to.equal(0);
  });

  it('if it ends before anything was written, that is a 502', async () => {
    const asked = await ask();
    asked.answer('["200",["Content-Length","5"]]', '');
    expect(await client.until('answer\n')).to.match(/^HTTP\/1\.1 502 Bad Gateway\r\n/);
  });

  for (const [reply, why] of [
    ['', 'expected a JSON array, alone or on a line of its own'],
    ['hello', 'expected a JSON array, alone or on a line of its own'],
    ['{"status":200}', 'expected a JSON array of a status and a list of headers'],
    ['["200",["X-Secret","a\\r\\nY: b"]]', '"a\\r\\nY: b" is not a value for X-Secret'],
    ['["999",[]]', 'expected a status from 200 to 599, not "999"'],
    ['["204",[]]\nbody', 'a body with status 204'],
    ['["200",["Content-Length","2"]]\nbody', '4 bytes of body, where Content-Length says 2'],
  ] as const) {
    it(`502 for ${JSON.stringify(reply)}, with the reason in the log alone`, async () => {
      const asked = await ask();
      asked.answer(reply);
      expect(undated(await client.until('answer\n'))).to.equal(
        `HTTP/1.1 502 Bad Gateway\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: 50\r\n${KEPT}\r\n` +
          '502 Bad Gateway: the handler gave no valid answer\n',
      );
      expect(world.logged('minimal')).to.deep.equal([`handler failed: ${why}`]);
      expect(world.proxy.open).to.equal(0);
    });
  }

  it('pieces for a slow client wait unfinished until it has read', async () => {
    const asked = await ask();
    client.socket.pause();
    const size = 60_000_000;
    asked.answer(`["200",["Content-Length","${size}"]]`, 'a'.repeat(size - 400_000));
    asked.answer('b'.repeat(200_000), 'c'.repeat(200_000));
    expect(world.exchange.stats().deliveries).to.equal(3);
    let length = 0;
    client.socket.removeAllListeners('data');
    client.socket.on('data', (chunk: Buffer) => {
      length += chunk.length;
    });
    client.socket.resume();
    await eventually(() => length > size && world.proxy.open === 0);
    expect(world.exchange.stats().deliveries).to.equal(0);
  });

  it('a client that takes nothing of its answer is closed, in the time for that', async () => {
    await world.stop();
    await world.stop();
    world = await HttpWorld.start({ settings: { limits: { writeTimeout: 50 } } });
    const asked = await ask();
    client.socket.pause();
    const size = 20_000_000;
    asked.answer(`["200",["Content-Length","${size}"]]\n${'a'.repeat(size)}`);
    expect(world.proxy.open).to.equal(1);
    expect(world.exchange.stats().deliveries).to.equal(1);
    await eventually(() => world.proxy.connections === 0);
    expect(world.proxy.open).to.equal(0);
    expect(world.exchange.stats().deliveries).to.equal(0);
    expect(unsent(world.port)).to.equal(0);
  });

  it('a stream that says nothing for longer than that goes on', async () => {
    await world.stop();
    await world.stop();
    world = await HttpWorld.start({ settings: { limits: { writeTimeout: 50 } } });
    const asked = await ask();
    asked.answer('["200",["Content-Length","2"]]\na');
    await client.until('a');
    // Whose request comes later, and is answered after its own connection was silent for as long, is let be, too.
    const later = world.client('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
    const second = await world.asked();
    await new Promise((resolve) => client.socket.once('timeout', resolve).setTimeout(120));
    second.answer('["200",["Content-Length","1"]]\nc');
    await later.until('c');
    asked.answer('b');
    await client.until('b');
    expect(world.proxy.open).to.equal(0);
  });

  it('a client that takes it by the byte is closed, however regularly it does', async () => {
    await world.stop();
    world = await HttpWorld.start({ settings: { limits: { writeTimeout: 10_000, writeRate: 1_000_000 } } });
    const client = world.client('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
    client.socket.pause();
    const asked = await world.asked();
    const cancel = world.listener(asked.head.cancelAddr);
    asked.answer(`["200",[]]\n${'x'.repeat(20_000_000)}`);
    world.clock.advance(29_000);
    expect(world.proxy.connections).to.equal(1);
    world.clock.advance(1100);
    expect((await cancel.next()).body).to.equal('');
    await eventually(() => world.proxy.connections === 0);
    expect(world.logged('info')).to.deep.equal(['connection closed: it takes too little of its answers']);
    client.socket.destroy();
  });

  it('one that has taken all there is may wait for more as long as it likes', async () => {
    await world.stop();
    world = await HttpWorld.start({ settings: { limits: { writeTimeout: 10_000 } } });
    const client = world.client('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
    const asked = await world.asked();
    asked.answer('["200",["X","y"]]');
    await client.until('\r\n\r\n');
    world.clock.advance(1_000_000);
    asked.answer('hello');
    await client.until('hello\r\n');
    world.clock.advance(1_000_000);
    asked.answer('');
    await client.until('0\r\n\r\n');
  });

  it('whole answers that a client does not take are bounded over all clients: the one that takes least is closed', async () => {
    await world.stop();
    world = await HttpWorld.start({ settings: { limits: { untaken: 100_000_000 } } });
    const size = 12_000_000;
    const requests = (n: number) => 'GET / HTTP/1.1\r\nHost: a\r\n\r\n'.repeat(n);
    const [worst, slow] = [world.client(), world.client()];
    for (const one of [worst, slow]) one.socket.pause();
    slow.write(requests(1));
    await eventually(() => world.proxy.open === 1);
    worst.write(requests(9));
    const whole = `["200",["Content-Length","${size}"]]\n${'a'.repeat(size)}`;
    const asked: Asked[] = [];
    for (let i = 0; i < 10; i++) asked.push(await world.asked());
    for (const one of asked.slice(0, 8)) one.answer(whole);
    expect(world.exchange.stats().deliveries).to.equal(8);
    const cancel = world.listener(asked[9]?.head.cancelAddr);
    asked[8]?.answer(whole);
    expect(world.exchange.stats().deliveries).to.equal(1);
    expect(world.logged('info')).to.deep.equal(['connection closed: it takes too little of its answers']);
    await cancel.next();
    slow.socket.resume();
    await slow.until('a'.repeat(1000));
    await eventually(() => world.proxy.open === 0 && world.proxy.connections === 1);
    expect(world.exchange.stats().deliveries).to.equal(0);
  });

  it('small answers that are behind another one stay deliveries, until they leave', async () => {
    client = world.client('GET / HTTP/1.1\r\nHost: a\r\n\r\n'.repeat(3));
    const asked = [await world.asked(), await world.asked(), await world.asked()];
    asked[2]?.answer('["200",["Content-Length","2"]]\nc.', '');
    asked[1]?.answer('["200",[]]', 'b', '');
    expect(world.exchange.stats().deliveries).to.equal(3);
    expect(world.proxy.open).to.equal(3);
    asked[0]?.answer('["200",["Content-Length","2"]]\na.');
    expect(await client.until('c.')).to.match(/a\.HTTP[\s\S]*\r\n1\r\nb\r\n0\r\n\r\nHTTP/);
    await eventually(() => world.proxy.open === 0);
    expect(world.exchange.stats().deliveries).to.equal(0);
  });

  it('too much for a slow client breaks it off, and tells the handler', async () => {
    const asked = await ask();
    const cancel = world.listener(asked.head.cancelAddr);
    client.socket.pause();
    asked.answer('["200",[]]', 'a'.repeat(60_000_000), 'b'.repeat(600_000), 'c'.repeat(600_000), 'd');
    expect((await cancel.next()).body).to.equal('');
    expect(world.proxy.open).to.equal(0);
    expect(world.exchange.stats().deliveries).to.equal(0);
    expect(world.logged('minimal')).to.deep.equal(['handler failed: the answer comes faster than its client reads']);
    client.socket.resume();
    await client.closed;
  });
});
