import 'reflect-metadata';
import { strict as assert } from 'node:assert';
import { existsSync, readdirSync, readlinkSync } from 'node:fs';
import { setImmediate, setTimeout } from 'node:timers/promises';
import type { Context, Suite } from 'mocha';

/** Milliseconds that what was closed in a suite's last test may take to be gone. */
const GRACE = 300;
/** Milliseconds after the last test until a run that a leak keeps alive is made to exit. */
const LAST_WORDS = 2000;
/** Where Linux lists what a process has open. */
const DESCRIPTORS = '/proc/self/fd';

let before: ReadonlyMap<string, number>;
let leaks = false;

/** A test that leaves a server, a socket, a timer, a child process or a file open fails the run, by name. */
export const mochaHooks = {
  async beforeAll(this: Context): Promise<void> {
    // Made at first use, they would seem to come from the first test that writes.
    void [process.stdout, process.stderr];
    before = await settled();
    // The last of its hooks, so that the suite's own have closed what they can.
    for (const suite of this.test?.parent?.suites ?? []) suite.afterAll('leaves nothing open', () => check(suite));
  },

  afterAll(): void {
    // Keeps nothing alive itself, so it fires only where a leak does.
    if (leaks) globalThis.setTimeout(() => process.exit(1), LAST_WORDS).unref();
  },
};

async function check(suite: Suite): Promise<void> {
  let after = await settled();
  for (let waited = 0; waited < GRACE && leaked(after).length > 0; waited += 10) {
    await setTimeout(10);
    after = await settled();
  }
  const left = leaked(after);
  if (left.length === 0) return;
  leaks = true;
  // Told once, and not again by every suite that follows.
  before = after;
  assert.fail(`${suite.title} has left open: ${left.join(', ')}`);
}

/** Looks one turn later: mocha starts the timer of a hook that waits only after its first step. */
async function settled(): Promise<Map<string, number>> {
  await setImmediate();
  return open();
}

function leaked(after: ReadonlyMap<string, number>): string[] {
  return [...after].filter(([name, count]) => count > (before.get(name) ?? 0)).map(([name]) => name);
}

/** How often each thing is open: what keeps the process alive, by kind, and files by path. */
function open(): Map<string, number> {
  // Mocha's own turn of the event loop comes and goes.
  const names = process.getActiveResourcesInfo().filter((kind) => kind !== 'Immediate');
  const counts = new Map<string, number>();
  for (const name of [...names, ...files()]) counts.set(name, (counts.get(name) ?? 0) + 1);
  return counts;
}

function files(): string[] {
  if (!existsSync(DESCRIPTORS)) return [];
  return readdirSync(DESCRIPTORS).flatMap((descriptor) => {
    const path = target(descriptor);
    return /^\/(?!dev\/|proc\/)/.test(path) ? [path] : [];
  });
}

function target(descriptor: string): string {
  try {
    return readlinkSync(`${DESCRIPTORS}/${descriptor}`);
  } catch {
    // It was the one that listed the folder.
    return '';
  }
}
