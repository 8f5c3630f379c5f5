import { createHash } from 'node:crypto';

const BLOCK = 64 * 1024;

/** So many bytes, the same each time, no two blocks of them alike. */
export function* blocks(bytes: number): Generator<Buffer> {
  for (let at = 0; at < bytes; at += BLOCK) {
    // A new one each time: who gets it may keep it for a while.
    const block = Buffer.alloc(Math.min(BLOCK, bytes - at), String(at));
    yield block;
  }
}

/** Their SHA-256, in hex. */
export function hashOfBlocks(bytes: number): string {
  const hash = createHash('sha256');
  for (const block of blocks(bytes)) hash.update(block);
  return hash.digest('hex');
}
