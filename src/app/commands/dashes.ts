/** An option's long name, and whether a value follows it. */
export type LongOptions = ReadonlyMap<string, boolean>;

/**
 * The original took its long options with one dash: `-network unix`. Gives them the second one, unless they stand
 * where a value is expected or after `--`. Unknown ones get it, too, so that the nearest is suggested; but for what
 * may be a short option with its value (`-tx`).
 * @param short letters of the short options that take a value
 */
export function doubleDashes(args: readonly string[], long: LongOptions, short: string): string[] {
  const result: string[] = [];
  let valueFollows = false;
  for (const [i, arg] of args.entries()) {
    if (!valueFollows && arg === '--') return [...result, ...args.slice(i)];
    const doubled: string = valueFollows ? arg : doubleDash(arg, long, short);
    result.push(doubled);
    valueFollows = !valueFollows && (long.get(doubled.replace(/^--/, '')) ?? false);
  }
  return result;
}

function doubleDash(arg: string, long: LongOptions, short: string): string {
  const name = /^-([a-z][a-z-]+)(?:=|$)/.exec(arg)?.[1];
  if (name === undefined) return arg;
  return long.has(name) || !short.includes(name.charAt(0)) ? `-${arg}` : arg;
}
