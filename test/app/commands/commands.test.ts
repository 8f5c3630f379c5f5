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

  it('says nothing to nobody when the reader of its help has left', async () => {
    const { child, result } = run(['--help']);
    child.stdout.destroy();
    expect(await result).to.deep.equal({ code: 1, out: '', err: '' });
  });

  it('send: takes the body from its argument, and ends when the broker has it', async () => {
    const { child, result } = run([
      ...['-network=unix', 'send', '-t', '5', '--reply-to', 'r', '--id', 'i', '--delay', '0.5', 'a', 'hello'],
    ]);
    const { command, tag, say } = await broker.next();
    expect(command).to.include({ kind: 'send', to: 'a', replyTo: 'r', timeout: 5000, body: 'hello' });
    expect(command).to.have.property('options').which.includes({ id: 'i', delay: 500 });
    expect(child.exitCode).to.equal(null);
    say(`++ ${tag}\r\n`);
    expect(await result).to.deep.equal({ code: 0, out: '', err: '' });
  });

  it('send: takes the body from standard input, and the broker after the command', async () => {
    const { result } = run(['send', 'a', '--broker', broker.address], 'a\nb', { MSGLITE_ADDRESS: '/nowhere' });
    const { command, tag, say } = await broker.next();
    expect(command).to.include({ to: 'a', timeout: 60_000, body: 'a\nb' });
    say(`++ ${tag}\r\n`);
    expect((await result).code).to.equal(0);
  });

  it('send: fails when the broker refuses', async () => {
    const { result } = run(['send', '--id', 'mine', 'a', 'x']);
    const { tag, say } = await broker.next();
    say(`-- ${tag} full no room\r\n`);
    expect(await result).to.deep.equal({ code: 1, out: '', err: 'msglite: full: no room\n' });
  });

  it('ready: writes the body as it is, and the line only when asked', async () => {
    const { result } = run(['ready', '-v', 'a', 'b']);
    const { command, tag, say } = await broker.next();
    expect(command).to.deep.include({ kind: 'receive', addresses: ['a', 'b'], timeout: 60_000 });
    say(`>> ${tag} 4 9 a r attempt=1\r\n\u00ff\u0000\r\n\r\n`);
    expect(await result).to.deep.equal({ code: 0, out: '\u00ff\u0000\r\n', err: '> 4 9 a r\n' });
  });

  it('query: writes the reply', async () => {
    const { result } = run(['query', 'a', 'who?']);
    const [receive, send] = [await broker.next(), await broker.next()];
    expect(send.command).to.include({ kind: 'send', body: 'who?' });
    const replyTo = send.command.kind === 'send' ? send.command.replyTo : '';
    receive.say(`>> ${receive.tag} 2 9 ${replyTo} - attempt=1\r\nme\r\n`);
    send.say(`++ ${send.tag}\r\n`);
    expect(await result).to.deep.equal({ code: 0, out: 'me', err: '' });
  });

  it('ready: exits with 3 when the time ran out', async () => {
    const { result } = run(['ready', '-t', '0', 'a']);
    const { tag, say } = await broker.next();
    say(`** ${tag}\r\n`);
    expect(await result).to.deep.equal({ code: 3, out: '', err: '' });
  });

  it('ready: a message that comes as it is interrupted is not lost', async () => {
    const { child, result } = run(['ready', 'a']);
    const { tag } = await broker.next();
    child.kill('SIGINT');
    (await broker.next()).say(`>> ${tag} 2 9 a - attempt=1\r\nhi\r\n`);
    expect(await result).to.deep.equal({ code: 0, out: 'hi', err: '' });
  });

  it('ready: a message that came is written whatever becomes of the broker', async () => {
    broker.flushes = false;
    const { child, result } = run(['ready', 'a']);
    const { tag, say } = await broker.next();
    say(`>> ${tag} 2 9 a - attempt=1\r\nhi\r\n`);
    await once(child.stdout, 'data');
    const flush = await broker.next();
    flush.say(`-- ${flush.tag} journal-gone the journal is gone\r\n`);
    expect(await result).to.deep.equal({ code: 0, out: 'hi', err: '' });
  });

  it('ready: ends when interrupted', async () => {
    const { child, result } = run(['ready', 'a']);
    await broker.next();
    child.kill('SIGTERM');
    const { tag, say } = await broker.next();
    say(`** ${tag}\r\n`);
    expect((await result).code).to.equal(143);
  });

  const controls: [string[], object, string, string][] = [
    [['stats'], { command: 'stats' }, '{"sent":3}', '{"sent":3}\n'],
    [
      ['peek', 'a', '2'],
      { command: 'peek', address: 'a', count: 2 },
      '{"messages":[{"to":"a"},{}]}',
      '{"to":"a"}\n{}\n',
    ],
    [['purge', 'a'], { command: 'purge', address: 'a' }, '{"purged":3}', '{"purged":3}\n'],
    [['kick', 'dead:a', '5'], { command: 'kick', address: 'dead:a', count: 5 }, '{"kicked":1}', '{"kicked":1}\n'],
    [['pause', 'a'], { command: 'pause', address: 'a' }, '{"paused":true}', '{"paused":true}\n'],
    [['resume', 'a'], { command: 'resume', address: 'a' }, '{"paused":false}', '{"paused":false}\n'],
    [['recall', 'a', 'i'], { command: 'recall', address: 'a', id: 'i' }, '{"recalled":true}', '{"recalled":true}\n'],
  ];
  for (const [args, asked, answer, out] of controls) {
    it(`${args[0]}: asks the broker, and writes JSON`, async () => {
      const { result } = run(args);
      const { command, tag, say } = await broker.next();
      expect(command.kind === 'control' && command.control).to.deep.equal(asked);
      say(`== ${tag} ${answer.length}\r\n${answer}\r\n`);
      expect(await result).to.deep.equal({ code: 0, out, err: '' });
    });
  }

  it('queues: asks until there are no more', async () => {
    const { result } = run(['queues', 'q']);
    for (const [after, answer] of [
      ['', '{"queues":[{"name":"q1"}],"more":true}'],
      ['q1', '{"queues":[{"name":"q2"}],"more":false}'],
    ] as const) {
      const { command, tag, say } = await broker.next();
      expect(command.kind === 'control' && command.control).to.deep.equal({ command: 'queues', prefix: 'q', after });
      say(`== ${tag} ${answer.length}\r\n${answer}\r\n`);
    }
    expect(await result).to.deep.equal({ code: 0, out: '{"name":"q1"}\n{"name":"q2"}\n', err: '' });
  });

  it('queues: says nothing to nobody when who reads has left', async () => {
    const { child, result } = run(['queues']);
    const { tag, say } = await broker.next();
    child.stdout.destroy();
    const answer = '{"queues":[{"name":"q1"}],"more":false}';
    say(`== ${tag} ${answer.length}\r\n${answer}\r\n`);
    expect(await result).to.deep.equal({ code: 1, out: '', err: '' });
  });

  it('ready: says when who reads has left', async () => {
    const { child, result } = run(['ready', 'a']);
    const { tag, say } = await broker.next();
    child.stdout.destroy();
    say(`>> ${tag} 2 9 a - attempt=1\r\nhi\r\n`);
    const err = 'msglite: cannot write to standard output: write EPIPE\n';
    expect(await result).to.deep.equal({ code: 1, out: '', err });
  });

  it('says which file of a connection under TLS is none', async () => {
    const tls = ['--broker', 'tcp:127.0.0.1:1', '--broker-ca', MSGLITE];
    const { code, err } = await run(['stats', ...tls]).result;
    expect(code).to.equal(2);
    expect(err).to.contain(`msglite: --broker-ca: there is no certificate in ${MSGLITE}: `);
    const own = ['--broker', 'tcp:127.0.0.1:1', '--broker-cert', MSGLITE, '--broker-key', MSGLITE];
    expect((await run(['stats', ...own]).result).err).to.match(
      /^msglite: --broker-cert: .* make no certificate: .*\n$/,
    );
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
