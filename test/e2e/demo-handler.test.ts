import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { request as httpRequest, type IncomingMessage, type RequestOptions } from 'node:http';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { expect } from 'chai';
import { afterEach, beforeEach, describe, it } from 'mocha';
import { BrokerProcess, TestFolder } from '../support/process.js';
import { ROOT } from '../support/root.js';

describe('the demo handler', () => {
  let folder: TestFolder;
  let broker: BrokerProcess;
  let handler: ChildProcess;
  let web: RequestOptions;

  beforeEach(async () => {
    folder = new TestFolder();
    const options = [
      '--address',
      folder.file('socket'),
      '--http-network',
      'unix',
      '--http-address',
      folder.file('http'),
    ];
    broker = await new BrokerProcess([...options, '--http-max-body', '3000000']).listening(2);
    web = { socketPath: folder.file('http'), agent: false };
    handler = spawn(process.execPath, [join(ROOT, 'examples/handler.mjs'), `unix:${folder.file('socket')}`], {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: { ...process.env, NODE_V8_COVERAGE: undefined },
    });
    handler.stdout?.setEncoding('utf8');
  });

  afterEach(async () => {
    handler.kill('SIGKILL');
    await broker.end();
    folder.remove();
  });

  async function post(path: string, body: Buffer): Promise<string> {
    const request = httpRequest({ ...web, method: 'POST', path });
    request.end(body);
    const [response] = (await once(request, 'response')) as [IncomingMessage];
    return text(response);
  }

  it('reads short and long bodies, and ends with 0 on SIGTERM', async () => {
    const start = `Handler ${handler.pid} answers its request number`;
    expect(await post('/a', Buffer.from('body'))).to.equal(`${start} 1: POST /a, 4 bytes of body.\n`);
    expect(await post('/b', Buffer.alloc(2_500_000))).to.equal(`${start} 2: POST /b, 2500000 bytes of body.\n`);
    const exit = once(handler, 'exit');
    handler.kill('SIGTERM');
    expect(await exit).to.deep.equal([0, null]);
  });

  it('lives on when a client has gone in the middle of its body', async () => {
    const headers = { Expect: '100-continue', 'Transfer-Encoding': 'chunked' };
    const upload = httpRequest({ ...web, method: 'POST', path: '/broken', headers });
    upload.on('error', () => undefined);
    upload.flushHeaders();
    await once(upload, 'continue');
    upload.write('begun');
    expect(await post('/a', Buffer.from('body'))).to.include(' number 1: POST /a, ');
    const said = Promise.race([once(handler.stdout as NodeJS.ReadableStream, 'data'), once(handler, 'exit')]);
    upload.destroy();
    expect(String((await said)[0])).to.include(`handler ${handler.pid}: POST /broken: aborted\n`);
    expect(await post('/b', Buffer.from('body'))).to.include(' number 2: POST /b, ');
  });
});
