import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { connect } from '../../src/client/index.js';
import { MortalBroker } from './mortal-broker.js';
import { figure, quantile, size } from './sizes.js';

const HANDLER = fileURLToPath(new URL('handler.js', import.meta.url));
const ATTEMPTS = 5;
/** Handlers that are killed, each in the middle of a message. */
const HANDLERS = ATTEMPTS * Math.ceil(size('HANDLERS', 20) / ATTEMPTS);

/** A handler that waits for its message. */
class MortalHandler {
  readonly #child: ChildProcess;
  /** The attempt it was given. */
  readonly attempt: Promise<number>;

  constructor(path: string, address: string) {
    const env = { ...process.env, NODE_V8_COVERAGE: undefined };
    this.#child = spawn(process.execPath, [HANDLER, path, address], { stdio: ['ignore', 'pipe', 'inherit'], env });
    const said = once(this.#child.stdout as NodeJS.ReadableStream, 'data');
    this.attempt = said.then(([data]) => Number(String(data)));
  }

  async kill(): Promise<void> {
    const closed = once(this.#child, 'close');
    this.#child.kill('SIGKILL');
    await closed;
  }
}

describe('a handler killed in the middle of a message', function () {
  this.timeout(HANDLERS * 2000 + 30_000);

  it(`is replaced at once, and the message is dead after ${ATTEMPTS} of them (${HANDLERS} killed)`, async () => {
    const broker = new MortalBroker();
    const waits: number[] = [];
    try {
      await broker.start();
      const client = await connect({ address: broker.address });
      for (let job = 0; job < HANDLERS / ATTEMPTS; job++) {
        await client.send('work', String(job), { timeout: 3600 });
        let handler = new MortalHandler(broker.folder.file('socket'), 'work');
        for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
          expect(await handler.attempt).to.equal(attempt);
          if (attempt === ATTEMPTS) break;
          const next = new MortalHandler(broker.folder.file('socket'), 'work');
          await receivers(client, 'work');
          const killed = performance.now();
          const gone = handler.kill();
          await next.attempt;
          waits.push(performance.now() - killed);
          await gone;
          handler = next;
        }
        await handler.kill();
        const dead = await client.ready('dead:work', { timeout: 10 });
        expect(dead).to.include({ sentTo: 'work', attempt: ATTEMPTS + 1 });
        expect(dead?.text()).to.equal(String(job));
      }

      await client.send('work', 'kicked', { timeout: 3600, attempts: 1 });
      const handler = new MortalHandler(broker.folder.file('socket'), 'work');
      await handler.attempt;
      await handler.kill();
      await rows(client, 'dead:work', ({ messages }) => messages === 1);
      expect(await client.control.kick('dead:work')).to.equal(1);
      expect((await client.ready('work', { timeout: 10 }))?.text()).to.equal('kicked');
      figure(
        `delivered again after ${quantile(waits, 0.5).toFixed(1)} ms, at most ${Math.max(...waits).toFixed(1)} ms`,
      );
      await client.close();
    } finally {
      await broker.end();
    }
  });
});

/** Resolves when somebody waits there. */
function receivers(client: Awaited<ReturnType<typeof connect>>, address: string): Promise<void> {
  return rows(client, address, ({ receivers: waiting }) => waiting === 1);
}

async function rows(
  client: Awaited<ReturnType<typeof connect>>,
  address: string,
  what: (row: { messages: number; receivers: number }) => boolean,
): Promise<void> {
  for (;;) {
    const { queues } = await client.control.queues({ prefix: address });
    if (queues.some((row) => row.name === address && what(row))) return;
  }
}
