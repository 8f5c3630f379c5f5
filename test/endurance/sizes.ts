/**
 * How much is done: a little in every test run, and as much as is asked for by hand, say
 * `KILLS=200 npm test -- test/endurance/kills.test.ts`.
 */
export function size(name: string, usual: number): number {
  const text = process.env[name];
  if (text === undefined) return usual;
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 1)
    throw new Error(`${name} is a whole number of at least 1, not ${text}`);
  return value;
}

/** A figure, for who runs it by hand; no test depends on one. */
export function figure(text: string): void {
  console.log(`      ${text}`);
}

/** Of all values at most this part, 0 to 1, is greater. */
export function quantile(values: readonly number[], part: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))] ?? Number.NaN;
}
