/**
 * Mixes each character in as MurmurHash2 does (A. Appleby, public domain).
 * @param seed makes it unforeseeable which texts have the same hash; that of another text to mix both into one
 * @returns 30 bits
 */
export function hashOf(text: string, seed: number): number {
  let hash = seed;
  for (let i = 0; i < text.length; i++) {
    hash = Math.imul(hash ^ text.charCodeAt(i), 0x5bd1e995);
    hash ^= hash >>> 15;
  }
  return hash & 0x3fffffff;
}
