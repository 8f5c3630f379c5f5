import { expect } from 'chai';
import { beforeEach, describe, it } from 'mocha';
import { ResponseHead } from '../../../../src/adapters/http/head/response.js';
import { HeadEnds } from '../../../../src/adapters/http/plain/head-ends.js';
import { Line } from '../../../../src/adapters/http/plain/line.js';
import { PlainResponse } from '../../../../src/adapters/http/plain/response.js';
import { ManualClock } from '../../../support/clock.js';
import { FakeSocket } from '../../../support/duplex.js';
import { ManualTurn } from '../../../support/turn.js';

/** What a line asks of a socket beside what every stream has. */
class Connection extends FakeSocket {
  patience = 0;

  setTimeout(milliseconds: number): void {
    this.patience = milliseconds;
  }

  destroySoon(): void {
    this.end(() => this.destroy());
  }
}

const HEAD = new ResponseHead(200, undefined, ['Content-Length', '2'], 2, false);
const STREAM = new ResponseHead(200, 'Fine', [], undefined, false);
const KEPT = 'Connection: keep-alive\r\nKeep-Alive: timeout=75\r\n';
const DATE = 'Date: Tue, 14 Nov 2023 22:13:20 GMT\r\n';
const OK = `HTTP/1.1 200 OK\r\nContent-Length: 2\r\n${DATE}${KEPT}\r\n`;

describe('http: the responses of one connection', () => {
  let turn: ManualTurn;
  let socket: Connection;
  let line: Line;
  let empty: number;
  const told: string[] = [];

  beforeEach(() => {
    turn = new ManualTurn();
    socket = new Connection();
    empty = 0;
    told.length = 0;
    line = new Line(socket as unknown as ConstructorParameters<typeof Line>[0], {
      turn,
      writeTimeout: 30_000,
      lineEmpty: () => empty++,
    });
  });

  const response = (forHead = false, last = false): PlainResponse => {
    const one = new PlainResponse(line, new HeadEnds(new ManualClock(), 75_000), forHead, last);
    line.add(one);
    return one;
  };

  const answer = (one: PlainResponse, body: string) => {
    one.begin(HEAD, false);
    one.end(body);
  };

  it('one that is alone and whole is written at once, head and body together', () => {
    const one = response();
    answer(one, 'ok');
    expect(socket.writes).to.deep.equal([`${OK}ok`]);
    expect(one.finished).to.equal(true);
    expect([line.empty, empty]).to.deep.equal([true, 1]);
  });

  it('others wait for those before them, and leave joined', () => {
    const [first, second, third] = [response(), response(), response()];
    answer(third, 'c.');
    answer(second, 'b.');
    turn.end();
    expect(socket.writes).to.deep.equal([]);
    expect(second.finished).to.equal(false);
    answer(first, 'a.');
    turn.end();
    expect(socket.writes).to.deep.equal([`${OK}a.${OK}b.${OK}c.`]);
    expect([first.finished, second.finished, third.finished]).to.deep.equal([true, true, true]);
    expect([line.empty, empty]).to.deep.equal([true, 1]);
  });

  it('pieces of a turn leave joined, in chunks where nothing says how long it is', () => {
    const one = response();
    one.begin(STREAM, false);
    one.write('', () => told.push('head'));
    one.write('hello', () => told.push('hello'));
    one.write('\xff', () => told.push('byte'));
    expect([socket.writes, told]).to.deep.equal([[], []]);
    turn.end();
    const head = `HTTP/1.1 200 Fine\r\n${DATE}${KEPT}Transfer-Encoding: chunked\r\n\r\n`;
    expect(socket.writes).to.deep.equal([`${head}5\r\nhello\r\n1\r\n\xff\r\n`]);
    expect(told).to.deep.equal(['head', 'hello', 'byte']);
    one.end('');
    expect(socket.writes.slice(1)).to.deep.equal(['0\r\n\r\n']);
  });

  it('a piece that comes before its turn is told as taken after it', () => {
    const [first, second] = [response(), response()];
    second.begin(STREAM, false);
    expect(second.write('x'.repeat(70_000), () => told.push('taken'))).to.equal(false);
    second.onceDrained(() => told.push('drained'));
    turn.end();
    expect(told).to.deep.equal([]);
    answer(first, 'ok');
    turn.end();
    expect(told).to.deep.equal(['taken', 'drained']);
    expect(socket.received.endsWith('\r\n')).to.equal(true);
    expect(line.empty).to.equal(false);
  });

  it('what the kernel does not take at once is not finished before it has', () => {
    socket.room = 10;
    const one = response();
    answer(one, 'ok');
    one.onceFinished(() => told.push('one'));
    one.onceFinished(() => told.push('and another'));
    const two = response();
    two.begin(STREAM, false);
    expect(two.write('a', () => told.push('a'))).to.equal(false);
    two.onceDrained(() => told.push('drained'));
    turn.end();
    expect([one.finished, socket.patience, told]).to.deep.equal([false, 30_000, []]);
    socket.read_(1000);
    expect([one.finished, socket.patience]).to.deep.equal([true, 0]);
    expect(told).to.deep.equal(['one', 'and another', 'drained', 'a']);
    expect(socket.writes).to.have.length(2);
  });

  it('the connection is closed behind the last, and what is behind that never leaves', async () => {
    const [first, behind] = [response(false, true), response()];
    answer(behind, 'no');
    answer(first, 'ok');
    expect(line.closing).to.equal(true);
    turn.end();
    await new Promise((resolve) => socket.once('close', resolve));
    expect(socket.received).to.equal(`HTTP/1.1 200 OK\r\nContent-Length: 2\r\n${DATE}Connection: close\r\n\r\nok`);
    expect(behind.finished).to.equal(false);
    expect(empty).to.equal(0);
  });

  it('closed, it first sends what it was given', async () => {
    socket.room = 0;
    const [first, second] = [response(), response()];
    answer(first, 'ok');
    second.begin(STREAM, false);
    second.write('hi', () => told.push('hi'));
    turn.end();
    line.close();
    second.write('never', () => told.push('never'));
    expect(socket.destroyed).to.equal(false);
    socket.read_(10_000);
    await new Promise((resolve) => socket.once('close', resolve));
    expect(socket.received).to.match(/ok[\s\S]*2\r\nhi\r\n$/);
    expect(told).to.deep.equal(['hi']);
  });

  it('one that breaks off behind others does so when it is its turn', () => {
    const [first, second] = [response(), response()];
    second.destroy();
    expect(socket.destroyed).to.equal(false);
    answer(first, 'ok');
    expect(socket.destroyed).to.equal(true);
  });

  it('HEAD, and what has no body, have no chunks', () => {
    const head = response(true);
    head.begin(STREAM, false);
    head.end('');
    const none = response();
    none.begin(new ResponseHead(204, undefined, ['Date', 'today'], undefined, true), true);
    none.end('');
    expect(socket.writes).to.deep.equal([
      `HTTP/1.1 200 Fine\r\n${DATE}${KEPT}\r\n`,
      'HTTP/1.1 204 No Content\r\nDate: today\r\nConnection: close\r\n\r\n',
    ]);
  });
});
