import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { expect } from 'chai';
import { after, afterEach, before, beforeEach, describe } from 'mocha';
import { type Browser, chromium, type Page } from 'playwright-core';
import { itWhere } from '../faults/scratch.js';
import { freePort } from '../support/free-port.js';
import { BrokerProcess, TestFolder } from '../support/process.js';
import { ROOT } from '../support/root.js';

/** Debian's package chromium; .ci/run installs it. */
const CHROMIUM = '/usr/bin/chromium';
const HAS_CHROMIUM = spawnSync(CHROMIUM, ['--version']).status === 0;
const ARGS = ['--no-sandbox', '--disable-quic', '--no-first-run', '--disable-background-networking'];
ARGS.push('--disable-component-update', '--disable-sync', '--disable-gpu');

/** What is asked and what is said go to handlers of their own, so that one always answers for another. */
const ROUTES = ['--http-route', 'POST:/=chat.says', '--http-route', '*=msglite.httpRequests'];
const MODES = { stream: 'Stream', poll: 'Long-poll' } as const;

describe('the chat, in a browser', function () {
  this.timeout(60_000);
  let browser: Browser;
  let folder: TestFolder;
  let broker: BrokerProcess;
  let origin: string;
  let handlers: ChildProcess[];

  before(async () => {
    if (HAS_CHROMIUM) browser = await chromium.launch({ executablePath: CHROMIUM, args: ARGS });
  });

  after(() => browser?.close());

  beforeEach(async () => {
    folder = new TestFolder();
    handlers = [];
    const at = `127.0.0.1:${await freePort()}`;
    origin = `http://${at}`;
    broker = await new BrokerProcess(['--address', folder.file('socket'), '--http-address', at, ...ROUTES]).listening(
      2,
    );
  });

  afterEach(async () => {
    for (const context of browser?.contexts() ?? []) await context.close();
    await stopHandlers('SIGKILL');
    await broker.end();
    folder.remove();
  });

  /** One that is asked, one that takes what is said. */
  function startHandlers(): { readonly asked: number; readonly told: number } {
    const [asked, told] = ['msglite.httpRequests', 'chat.says'].map((address) => {
      const args = [join(ROOT, 'examples/chat/handler.mjs'), `unix:${folder.file('socket')}`, address];
      const env = { ...process.env, NODE_V8_COVERAGE: undefined };
      const handler = spawn(process.execPath, args, { stdio: ['ignore', 'inherit', 'inherit'], env });
      handlers.push(handler);
      return handler.pid as number;
    });
    return { asked: asked as number, told: told as number };
  }

  async function stopHandlers(signal: NodeJS.Signals): Promise<void> {
    for (const handler of handlers.splice(0)) {
      if (handler.exitCode !== null) continue;
      const exit = once(handler, 'exit');
      handler.kill(signal);
      await exit;
    }
  }

  /** Somebody comes, in a browser of their own. */
  async function enter(name: string, mode: keyof typeof MODES): Promise<Page> {
    const page = await (await browser.newContext()).newPage();
    page.setDefaultTimeout(20_000);
    await page.goto(origin);
    await page.getByLabel('Your name').fill(name);
    await page.getByRole('button', { name: 'Join' }).click();
    await page.getByText(MODES[mode], { exact: true }).click();
    await using(page, mode);
    return page;
  }

  async function using(page: Page, mode: keyof typeof MODES): Promise<void> {
    const how = mode === 'stream' ? 'stream · ' : 'long-poll · ';
    await page.locator('footer', { hasText: how }).waitFor();
  }

  async function say(page: Page, text: string): Promise<void> {
    await page.getByLabel('Say something').fill(text);
    await page.getByRole('button', { name: 'Send' }).click();
  }

  /** What is seen of a line, once it is there. */
  async function line(page: Page, text: string): Promise<string> {
    const item = page.locator('li.said:not(.pending)', { hasText: text });
    await item.waitFor();
    return item.innerText();
  }

  /** All that others and oneself have said, in order. */
  function said(page: Page): Promise<string[]> {
    return page.locator('li.said .text').allInnerTexts();
  }

  for (const mode of ['poll', 'stream'] as const) {
    const needs = 'Chromium';
    const title = `goes on by ${mode} while its handlers are restarted, one of them answering for another`;
    itWhere(HAS_CHROMIUM, needs, title, async () => {
      const first = startHandlers();
      const ada = await enter('Ada', mode);
      const bob = await enter('Bob', mode);
      await ada.locator('#here', { hasText: '2 people here' }).waitFor();
      await say(ada, 'hello, Bob');
      expect(await line(bob, 'hello, Bob')).to.match(new RegExp(`Ada[^]*taken by ${first.told}`));
      const footer = `asked ${first.asked}, answered by ${first.told}`;
      await bob.locator('footer', { hasText: footer }).waitFor();
      await say(bob, '<b>hello</b>, Ada');
      await line(ada, '<b>hello</b>, Ada');

      const streams = await bob.locator('body').getAttribute('data-streams');
      await stopHandlers('SIGTERM');
      await say(ada, 'is anybody there?');
      await ada.locator('li.pending', { hasText: 'is anybody there?' }).waitFor();
      const second = startHandlers();
      expect(await line(bob, 'is anybody there?')).to.include(`taken by ${second.told}`);
      await line(ada, 'is anybody there?');
      const all = ['hello, Bob', '<b>hello</b>, Ada', 'is anybody there?'];
      expect(await said(ada)).to.deep.equal(all);
      expect(await said(bob)).to.deep.equal(all);
      expect(await bob.locator('body').getAttribute('data-streams')).to.equal(streams);
    });
  }

  itWhere(HAS_CHROMIUM, 'Chromium', 'goes on after a handler was killed, and loses nothing', async () => {
    startHandlers();
    const ada = await enter('Ada', 'stream');
    const bob = await enter('Bob', 'poll');
    const all: string[] = [];
    for (let i = 0; i < 5; i++) {
      const text = `line ${i} of 5`;
      await say(ada, text);
      if (i % 2 === 1) await line(bob, text);
      await stopHandlers('SIGKILL');
      startHandlers();
      await line(bob, text);
      await line(ada, text);
      all.push(text);
    }
    expect(await said(bob)).to.deep.equal(all);
    expect(await said(ada)).to.deep.equal(all);
  });

  itWhere(HAS_CHROMIUM, 'Chromium', 'polls where streams are refused, and sees who comes and leaves', async () => {
    startHandlers();
    const ada = await (await browser.newContext()).newPage();
    await ada.route('**/stream?*', (route) => route.fulfill({ status: 503 }));
    await ada.goto(origin);
    await ada.getByLabel('Your name').fill('Ada');
    await ada.getByRole('button', { name: 'Join' }).click();
    await using(ada, 'poll');
    expect(await ada.getByLabel('Long-poll').isChecked()).to.equal(true);
    const bob = await enter('Bob', 'stream');
    await ada.locator('.note', { hasText: 'Bob came in' }).waitFor();
    await bob.context().close();
    await ada.locator('.note', { hasText: 'Bob has left' }).waitFor();
    await ada.locator('#here', { hasText: 'You are alone here' }).waitFor();
  });
});
