import { type Command, InvalidArgumentError } from 'commander';
import type { LinkOptions } from '../options/link.js';
import type { Ask } from './control.js';

/** Makes a command of the program. */
export type MakeCommand = (name: string, text: string) => Command;

/**
 * The commands that inspect and control a broker.
 * @param link looked up when one of them runs
 * @param ended called with the exit code
 */
export function addControlCommands(
  make: MakeCommand,
  link: () => LinkOptions,
  ended: (exitCode: number) => void,
): void {
  const run = async (ask: (parts: typeof import('./control.js')) => Ask) => {
    const parts = await import('./control.js');
    ended(await parts.control(link(), ask(parts)));
  };
  make('stats', 'write what the broker holds and did, as JSON').action(() => run(() => (control) => control.stats()));
  make('queues', 'write the queues that there are, each as a line of JSON')
    .argument('[prefix]', 'what their names begin with')
    .action((prefix?: string) =>
      run(
        ({ queues }) =>
          (control) =>
            queues(control, prefix),
      ),
    );
  make('peek', 'write the first messages of a queue, each as a line of JSON, and leave them there')
    .argument('<address>')
    .argument('[count]', 'how many, 1 to 1000', number, 1)
    .action((address: string, count: number) =>
      run(
        ({ peek }) =>
          (control) =>
            peek(control, address, count),
      ),
    );
  make('purge', 'drop all messages that wait in a queue')
    .argument('<address>')
    .action((address: string) => run(() => async (control) => ({ purged: await control.purge(address) })));
  make('kick', 'send dead letters back to where they came from')
    .argument('<address>', 'where they are, such as dead:jobs')
    .argument('[count]', 'how many at most; all, if not given', number)
    .action((address: string, count?: number) =>
      run(() => async (control) => ({ kicked: await control.kick(address, count) })),
    );
  make('pause', 'let messages to an address wait until resume')
    .argument('<address>')
    .action((address: string) => run(() => async (control) => ({ paused: await control.pause(address).then(yes) })));
  make('resume', 'hand over again what waits')
    .argument('<address>')
    .action((address: string) => run(() => async (control) => ({ paused: await control.resume(address).then(no) })));
  make('recall', 'take back a message that waits')
    .argument('<address>')
    .argument('<id>', 'as it was given with send --id')
    .action((address: string, id: string) =>
      run(() => async (control) => ({ recalled: await control.recall(address, id) })),
    );
}

const yes = () => true;
const no = () => false;

function number(value: string): number {
  if (/^[1-9]\d{0,8}$/.test(value)) return Number(value);
  throw new InvalidArgumentError('Expected a whole number of at least 1.');
}
