import { spawn } from 'node:child_process';
import { once } from 'node:events';

/** How a program is run. */
export interface Run {
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
  /** Ends it. */
  readonly signal?: AbortSignal;
}

/**
 * Runs a program to its end.
 * @returns what it printed on standard output
 * @throws Error with all that it printed, unless it ended with 0
 */
export async function run(
  command: string,
  args: readonly string[],
  { cwd, env = {}, signal: abort }: Run = {},
): Promise<string> {
  const child = spawn(command, args, {
    cwd,
    // Of brokers that it starts nobody wants the coverage, and what it is told of ours is not for them.
    env: { ...process.env, NODE_V8_COVERAGE: undefined, NODE: process.execPath, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    signal: abort,
  });
  let printed = '';
  let all = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    printed += text;
    all += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    all += text;
  });
  const [code, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null];
  if (code !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${code ?? signal}:\n${all}`);
  return printed;
}
