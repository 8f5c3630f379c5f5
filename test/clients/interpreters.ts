import { spawnSync } from 'node:child_process';

/** The first of these commands that runs with these arguments, and ends with 0; undefined: none does. */
export function firstThatRuns(commands: readonly string[], args: readonly string[]): string | undefined {
  return commands.find((command) => spawnSync(command, args, { stdio: 'ignore' }).status === 0);
}

/** Debian's own comes first: it is the one that the Debian packages are for. */
export function findPython(): string | undefined {
  const code = 'import sys; sys.exit(sys.version_info < (3, 9))';
  return firstThatRuns(['/usr/bin/python3', 'python3'], ['-c', code]);
}

/** One that has these libraries. */
export function findRuby(libraries: readonly string[]): string | undefined {
  const required = libraries.map((library) => `require '${library}'; `).join('');
  const code = `${required}exit RUBY_VERSION.to_i >= 3`;
  return firstThatRuns(['/usr/bin/ruby', 'ruby'], ['-e', code]);
}
