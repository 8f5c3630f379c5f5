import type { Controls } from '../../client/index.js';
import { EXIT } from '../exit.js';
import type { LinkOptions } from '../options/link.js';
import { talk, write } from './talk.js';

/** What a command asks of the broker. Each thing it resolves with, or yields, becomes a line of JSON. */
export type Ask = (control: Controls) => Promise<unknown> | AsyncIterable<unknown>;

/**
 * `msglite stats`, `queues`, `peek`, …: asks, and writes the answer to standard output as JSON. Who has read enough of it closes the
 * pipe, and nothing is lost by that.
 */
export async function control(link: LinkOptions, ask: Ask): Promise<number> {
  try {
    await talk(link, async (client) => {
      const answer = ask(client.control);
      if (answer instanceof Promise) await writeLine(await answer);
      else for await (const one of answer) await writeLine(one);
    });
    return EXIT.done;
  } catch (error) {
    if (hasLeft(error)) return EXIT.failed;
    throw error;
  }
}

function hasLeft(error: unknown): boolean {
  return error instanceof Error && (error.cause as NodeJS.ErrnoException | undefined)?.code === 'EPIPE';
}

/** Every queue, a thousand asked for at a time. */
export async function* queues(control: Controls, prefix: string | undefined): AsyncGenerator<unknown> {
  let after: string | undefined;
  for (let more = true; more; ) {
    const page = await control.queues({ prefix, after });
    yield* page.queues;
    after = page.queues.at(-1)?.name;
    more = page.more && after !== undefined;
  }
}

/** One after the other. */
export async function* peek(control: Controls, address: string, count: number): AsyncGenerator<unknown> {
  yield* await control.peek(address, count);
}

function writeLine(value: unknown): Promise<void> {
  return write(`${JSON.stringify(value)}\n`);
}
