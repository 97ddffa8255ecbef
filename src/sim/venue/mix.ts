/** 32 well-mixed bits of (key, n): the same for ever, so that a row can be checked without what sent it. n up to 2^53. */
export function mix(key: number, n: number): number {
  let h = key ^ Math.imul(n >>> 0, 0x9e3779b1) ^ Math.imul(Math.floor(n / 2 ** 32), 0x85ebca77);
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

/** A key for a stretch of numbers of its own. */
export function keyOf(seed: number, ...parts: readonly string[]): number {
  let key = mix(0x51ed270b, seed);
  for (const part of parts) {
    for (let i = 0; i < part.length; i++) key = mix(key, part.charCodeAt(i));
    key = mix(key, part.length);
  }
  return key;
}
