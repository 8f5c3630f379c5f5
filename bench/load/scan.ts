const LF = 10;
const SPACE = 32;
const ZERO = 48;

/** @returns where a line ends: the index of its LF, or -1 if that has not come */
export function lineEnd(bytes: Buffer, from: number, end: number): number {
  for (let i = from; i < end; i++) if (bytes[i] === LF) return i;
  return -1;
}

/** @returns where the next word begins */
export function nextWord(bytes: Buffer, from: number): number {
  let i = from;
  while (bytes[i] !== SPACE) i++;
  return i + 1;
}

/** @returns the digits that stand there, as a number */
export function numberAt(bytes: Buffer, from: number): number {
  let value = 0;
  for (let i = from; ; i++) {
    const digit = (bytes[i] as number) - ZERO;
    if (!(digit >= 0 && digit <= 9)) return value;
    value = value * 10 + digit;
  }
}

/** @returns a line without its CRLF */
export function text(bytes: Buffer, from: number, lf: number): string {
  return bytes.toString('latin1', from, lf - 1);
}
