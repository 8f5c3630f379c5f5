import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { afterEach, beforeEach, describe, it } from 'mocha';
import { FakeBroker } from '../../client/fake-broker.js';

const MSGLITE = fileURLToPath(new URL('../../../../bin/msglite.js', import.meta.url));

interface Result {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

describe('the command', function () {
  this.timeout(20_000);
  let broker: FakeBroker;

  beforeEach(async () => {
    broker = await FakeBroker.start();
  });
  afterEach(() => broker.stop());

  function run(args: readonly string[], input = '', environment: NodeJS.ProcessEnv = {}) {
    const env = { PATH: process.env.PATH, MSGLITE_ADDRESS: broker.path, ...environment };
    const child = spawn(process.execPath, [MSGLITE, ...args], { env });
    let out = '';
    let err = '';
    child.stdout.on('data', (chunk: Buffer) => {
      out += chunk.toString('latin1');
    });
    child.stderr.on('data', (chunk: Buffer) => {
      err += chunk.toString();
    });
    child.stdin.end(input);
    const result = once(child, 'close').then(([code]): Result => ({ code: code as number | null, out, err }));
    return { child, result };
  }

  it('send: takes the body from its argument', async () => {
    const { result } = run(['-network=unix', 'send', '-t', '5', '--reply-to', 'r', 'a', 'hello']);
    expect((await broker.next()).command).to.include({
      kind: 'send',
      to: 'a',
      replyTo: 'r',
      timeout: 5,
      body: 'hello',
    });
    expect(await result).to.deep.equal({ code: 0, out: '', err: '' });
  });

  it('send: takes the body from standard input, and the broker after the command', async () => {
    const { result } = run(['send', 'a', '--broker', broker.address], 'a\nb', { MSGLITE_ADDRESS: '/nowhere' });
    expect((await broker.next()).command).to.include({ to: 'a', timeout: 60, body: 'a\nb' });
    expect((await result).code).to.equal(0);
  });

  it('send: fails when the broker refuses', async () => {
    const { result } = run(['send', 'a', 'x']);
    (await broker.next()).on.end('- full\r\n');
    expect(await result).to.deep.equal({ code: 1, out: '', err: 'msglite: the broker refused: full\n' });
  });

  it('ready: writes the body as it is, and the line only when asked', async () => {
    const { result } = run(['ready', '-v', 'a', 'b']);
    const { command, on } = await broker.next();
    expect(command).to.deep.include({ kind: 'receive', addresses: ['a', 'b'], timeout: 60 });
    on.write('> 4 9 a r\r\n\u00ff\u0000\r\n\r\n', 'latin1');
    expect(await result).to.deep.equal({ code: 0, out: '\u00ff\u0000\r\n', err: '> 4 9 a r\n' });
  });

  it('query: writes the reply', async () => {
    const { result } = run(['query', 'a', 'who?']);
    const { command, on } = await broker.next();
    expect(command).to.include({ kind: 'query', body: 'who?' });
    on.write('> 2 9 x\r\nme\r\n');
    expect(await result).to.deep.equal({ code: 0, out: 'me', err: '' });
  });

  it('ready: exits with 3 when the time ran out', async () => {
    const { result } = run(['ready', '-t', '0', 'a']);
    (await broker.next()).on.write('*\r\n');
    expect(await result).to.deep.equal({ code: 3, out: '', err: '' });
  });

  it('ready: a message that comes as it is interrupted is not lost', async () => {
    broker.ended = (socket) => socket.end('> 2 9 a\r\nhi\r\n');
    const { child, result } = run(['ready', 'a']);
    await broker.next();
    child.kill('SIGINT');
    expect(await result).to.deep.equal({ code: 0, out: 'hi', err: '' });
  });

  it('ready: ends when interrupted', async () => {
    const { child, result } = run(['ready', 'a']);
    await broker.next();
    child.kill('SIGTERM');
    expect((await result).code).to.equal(143);
  });

  const usage: [string[], NodeJS.ProcessEnv, string][] = [
    [['--http-timout', '3'], {}, "msglite: unknown option '--http-timout' (Did you mean --http-timeout?)\n"],
    [['-http-timout=3'], {}, "msglite: unknown option '--http-timout=3' (Did you mean --http-timeout?)\n"],
    [['sned', 'a'], {}, 'msglite: unknown command "sned" (did you mean send?); see msglite --help\n'],
    [['send'], {}, "msglite: missing required argument 'to'\n"],
    [['send', 'a b', 'x'], {}, 'msglite: "a b" is no address: 1 to 255 bytes without blanks\n'],
    [
      ['ready', '-t', '0.5', 'a'],
      {},
      "msglite: option '-t, --timeout <seconds>' argument '0.5' is invalid. Expected whole seconds.\n",
    ],
    [['send', '--journal', 'x', 'a', 'b'], {}, 'msglite: --journal is for the broker only\n'],
    [['--broker', 'unix:/x'], {}, 'msglite: --broker is for send, ready, query and http\n'],
    [['http', '--listen', 'unix:/x'], {}, 'msglite: --listen is for the broker only\n'],
    [['up', '--broker', 'unix:/x'], {}, 'msglite: --broker is for send, ready, query and http\n'],
    [['--http-proxies', '2'], {}, 'msglite: --http-proxies is for up only\n'],
    [
      [],
      { MSGLITE_LOGLEVEL: 'loud' },
      'msglite: environment variable MSGLITE_LOGLEVEL: "loud" is not valid, expected one of: minimal, info, debug\n',
    ],
  ];
  for (const [args, environment, expected] of usage) {
    it(`bad usage, exit 2: ${[...args, ...Object.keys(environment)].join(' ')}`, async () => {
      expect(await run(args, '', environment).result).to.deep.equal({ code: 2, out: '', err: expected });
    });
  }

  it('says in one line that there is no broker', async () => {
    const { code, err } = await run(['ready', 'a'], '', { MSGLITE_ADDRESS: '/nowhere/at/all' }).result;
    expect(code).to.equal(1);
    expect(err).to.match(/^msglite: no broker at unix:\/nowhere\/at\/all: .*ENOENT.*\n$/);
  });

  it('prints help for all options, and its version', async () => {
    const help = await run(['-h']).result;
    expect(help.code).to.equal(0);
    for (const part of ['--http-msg-address', 'Journal:', 'Exit codes:', 'MSGLITE_']) expect(help.out).to.contain(part);
    expect((await run(['-version']).result).out).to.match(/^\d+\.\d+\.\d+\n$/);
  });
});
