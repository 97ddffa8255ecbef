import { fractionOf } from "../../lib/fraction_of.ts";

/** So many looks an interval, each at another part of the streams: sealed all at once, their rows would be in memory twice. */
export const LOOKS_AN_INTERVAL = 16;

/** Flush intervals, least and most, spread over streams by their name. */
interface Wait {
  readonly least: number;
  readonly most: number;
}

const IN_MEMORY: Wait = { least: 2, most: 5 }; // what a restart has to read of the journal, a million rows in two or three seconds
const AS_CHUNKS: Wait = { least: 15, most: 30 }; // appending to thousands of quiet day files more often would write footers and little else
const SPARED_SHARE = 7 / 8; // of the limit: what is left when memory was short

/** How old rows of a stream grow in its buffer while they are too few for a chunk. */
export function bufferedMaxMs(path: string, flushIntervalMs: number): number {
  return waitOf(IN_MEMORY, path) * flushIntervalMs;
}

/** How old they grow before they go into the day file, however few there are. */
export function unmergedMaxMs(path: string, flushIntervalMs: number): number {
  return waitOf(AS_CHUNKS, path) * flushIntervalMs;
}

function waitOf({ least, most }: Wait, path: string): number {
  return least + (most - least) * fractionOf(path);
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
