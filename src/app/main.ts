import { CommanderError } from 'commander';
import { runProgram } from './commands/program.js';
import { EXIT, exitCodeOf } from './exit.js';

/**
 * The command `msglite`. What goes wrong is said in one line on standard error.
 * @param args without node and the script
 * @returns the exit code
 */
export async function main(args: readonly string[], environment: NodeJS.ProcessEnv): Promise<number> {
  // Who has read enough of a long text has closed the pipe. What waits for its own writes hears of it there.
  process.stdout.on('error', () => {
    process.exitCode = EXIT.failed;
  });
  try {
    return await runProgram(args, environment);
  } catch (error) {
    // Commander has said it already.
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.done : EXIT.usage;
    process.stderr.write(`msglite: ${error instanceof Error ? error.message : String(error)}\n`);
    return exitCodeOf(error);
  }
}
