import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { afterEach, beforeEach, describe, it } from 'mocha';
import { TokenFile } from '../../../src/adapters/access/token-file.js';
import { LineClient } from '../../support/line-client.js';
import { BrokerProcess, TestFolder } from '../../support/process.js';
import { ROOT } from '../../support/root.js';

/** Runs `msglite token …`. */
function run(...args: string[]): Promise<{ readonly code: number; readonly out: string; readonly err: string }> {
  return new Promise((resolve) => {
    execFile(process.execPath, [join(ROOT, 'bin/msglite.js'), 'token', ...args], (error, out, err) => {
      resolve({ code: typeof error?.code === 'number' ? error.code : 0, out, err });
    });
  });
}

describe('msglite token', function () {
  this.timeout(20_000);
  let folder: TestFolder;

  beforeEach(() => {
    folder = new TestFolder();
  });
  afterEach(() => folder.remove());

  it('draws a token, and writes the line that gives it its rights', async () => {
    const { code, out, err } = await run('worker', '--send', 'done.', '--send', 'ü', '--receive', '*', '--admin');
    const [, token] = /^token: ([0-9a-f]{48})\n$/.exec(err) ?? [];
    expect(code).to.equal(0);
    expect(out).to.match(/^worker [0-9a-f]{64} send=done\.,ü receive=\* admin\n$/);
    writeFileSync(folder.file('tokens'), out);
    const rights = new TokenFile(folder.file('tokens'), 'tcp').rights(token as string);
    expect([rights?.name, rights?.admin]).to.deep.equal(['worker', true]);
    expect([rights?.maySend('done.x'), rights?.maySend('\xc3\xbc'), rights?.maySend('x')]).to.deep.equal([
      true,
      true,
      false,
    ]);
    expect(rights?.mayReceive('x')).to.equal(true);
  });

  it('does not give away a token whose line could not be written', async () => {
    const child = spawn(process.execPath, [join(ROOT, 'bin/msglite.js'), 'token', 'worker']);
    child.stdout.destroy();
    let err = '';
    child.stderr.on('data', (chunk: Buffer) => {
      err += chunk.toString();
    });
    expect(await once(child, 'close')).to.deep.equal([1, null]);
    expect(err).to.equal('msglite: cannot write to standard output: write EPIPE\n');
  });

  for (const [args, expected] of [
    [['two words'], /^msglite: a token's name is one word, not "two words"\n$/],
    [['#x'], /^msglite: a token's name is one word/],
    [['x', '--send', 'a,b'], /^msglite: a prefix has no blanks and no commas, unlike "a,b"\n$/],
    [[], /^msglite: .*missing required argument 'name'/],
  ] as const) {
    it(`refuses ${JSON.stringify(args)}`, async () => {
      const { code, out, err } = await run(...args);
      expect([code, out]).to.deep.equal([2, '']);
      expect(err).to.match(expected);
    });
  }

  it('makes what a broker takes, which reads its file again on SIGHUP and keeps the old one where the new is wrong', async () => {
    const [file, path] = [folder.file('tokens'), folder.file('socket')];
    writeFileSync(file, '');
    const options = ['--address', path, '--tokens', file, '--tokens-on', 'all', '--loglevel', 'info'];
    const broker = await new BrokerProcess(options).listening();
    try {
      const { out, err } = await run('worker', '--send', 'jobs.');
      const token = err.slice('token: '.length).trim();
      appendFileSync(file, out);
      process.kill(broker.pid, 'SIGHUP');
      await broker.logged(/reloaded/);
      appendFileSync(file, 'nonsense\n');
      process.kill(broker.pid, 'SIGHUP');
      await broker.logged(/reload failed/);
      expect(broker.log).to.match(/reload failed .*tokens:2: expected NAME SHA256/);
      const client = await LineClient.connect({ path });
      await client.send(`!! h ${token}\r\n>> 1 0 60 jobs.x -\r\n>> 2 0 60 other -\r\n`);
      expect(await client.line()).to.match(/^\+\+ h v=2/);
      const answers = [await client.line(), await client.line()].sort();
      expect(answers[0]).to.equal('++ 1');
      expect(answers[1]).to.match(/^-- 2 forbidden /);
      await client.close();
      const original = await LineClient.connect({ path });
      await original.send('< 0 a\r\n');
      expect(await original.line()).to.match(/^- this broker wants a token/);
      await original.close();
    } finally {
      expect(await broker.end()).to.equal(0);
    }
  });
});
