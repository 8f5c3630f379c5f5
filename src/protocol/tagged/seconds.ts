/** The most that 9 digits can say. */
const MOST = 999_999_999_000;

/** Milliseconds as seconds with up to 3 decimals, as short as they can be; Infinity as the most that can be said. */
export function encodeSeconds(milliseconds: number): string {
  return String(Math.min(Math.ceil(milliseconds), MOST + 999) / 1000);
}
