import { fractionOf } from "../../lib/fraction_of.ts";

/** So many looks an interval, each at another part of the streams: sealed all at once, their rows would be in memory twice. */
export const LOOKS_AN_INTERVAL = 16;

const AGE_INTERVALS_MIN = 15; // quiet streams wait 15 …
const AGE_INTERVALS_SPREAD = 15; // … to 30 flush intervals, spread by their name
const SPARED_SHARE = 7 / 8; // of the limit: what is left when memory was short

/** How long rows of a stream may wait for company, in its buffer and as a chunk together. */
export function waitMaxMs(path: string, flushIntervalMs: number): number {
  return (AGE_INTERVALS_MIN + AGE_INTERVALS_SPREAD * fractionOf(path)) * flushIntervalMs;
}

/** Which look of an interval is the stream's. */
export function lookOf(path: string): number {
  return Math.floor(fractionOf(`${path}?`) * LOOKS_AN_INTERVAL);
}

/**
 * Those to seal when there is no room for more rows. The large ones: a chunk costs what it costs, however few rows it has, so those that wait
 * on are the ones that would bring least.
 */
export function largestFirst<B extends { readonly table: { readonly bytes: number } }>(
  buffers: Iterable<B>,
  bytes: number,
  bytesMax: number,
): B[] {
  const chosen: B[] = [];
  let left = bytes;
  for (const buffer of [...buffers].sort((a, b) => b.table.bytes - a.table.bytes)) {
    if (left <= SPARED_SHARE * bytesMax) break;
    left -= buffer.table.bytes;
    chosen.push(buffer);
  }
  return chosen;
}
