import { closest, distance } from 'fastest-levenshtein';

/** ` (did you mean …?)` where a known name is near, otherwise nothing. */
export function suggest(name: string, known: readonly string[]): string {
  const nearest = closest(name, known);
  return distance(name, nearest) <= Math.max(2, name.length / 3) ? ` (did you mean ${nearest}?)` : '';
}
