import 'reflect-metadata';
import { strict as assert } from 'node:assert';
import { setImmediate } from 'node:timers/promises';

/** What keeps a process alive, by kind; what belongs to the process itself is the same before and after. */
function resources(): Map<string, number> {
  const counts = new Map<string, number>();
  for (const kind of process.getActiveResourcesInfo()) counts.set(kind, (counts.get(kind) ?? 0) + 1);
  // Mocha's own timer for the test that runs, and the turn of the event loop in which we look.
  for (const kind of ['Timeout', 'Immediate']) counts.delete(kind);
  return counts;
}

let before: Map<string, number>;

/** A test that leaves a server, a socket or a child process behind fails the run. */
export const mochaHooks = {
  beforeAll(): void {
    before = resources();
  },

  async afterAll(): Promise<void> {
    // What was closed in the last test is gone some turns later.
    for (let turns = 0; turns < 100 && leaked().length > 0; turns++) await setImmediate();
    assert.deepEqual(leaked(), [], 'some test has left these open');
  },
};

function leaked(): string[] {
  return [...resources()].filter(([kind, count]) => count > (before.get(kind) ?? 0)).map(([kind]) => kind);
}
