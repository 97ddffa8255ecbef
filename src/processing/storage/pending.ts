import { unmergedMaxMs } from "./sealing.ts";

/** Chunks of one stream that are on disk under tmp/ and not yet in a day file. */
export interface Pending {
  /** Generations in the order their rows belong in, each with its chunk numbers. */
  readonly chunks: Map<string, number[]>;
  bytes: number;
  /** Monotonic ms of when the first row of the oldest was received. */
  sinceMs: number;
  /** The one day they are of; undefined when they are of several, or nobody looked. */
  date: string | undefined;
}

const BYTES_MAX = 4 * 1024 * 1024; // a merge holds what it merges in memory
const FOOTER_SHARE = 1 / 2; // footer bytes an append may write for a byte of rows; a footer grows with each append

/**
 * When a stream's chunks go into its day file. Each append writes the footer again, which names every group before it; doing that at every
 * interval for thousands of quiet streams would write hundreds of times the data. So: what an interval brought goes together, as soon as
 * the rows pay for the footer, at the latest when they are old or their day is over. They are on disk all the while.
 */
export function isDue(
  pending: Pending,
  stream: { readonly path: string; readonly footerBytes: number },
  now: { readonly ms: number; readonly date: string; readonly flushIntervalMs: number },
): boolean {
  if (pending.chunks.size === 0) return false;
  if (pending.bytes >= BYTES_MAX) return true;
  const ageMs = now.ms - pending.sinceMs;
  if (ageMs < now.flushIntervalMs / 2) return false;
  if (pending.date !== now.date || stream.footerBytes <= FOOTER_SHARE * pending.bytes) return true;
  return ageMs >= unmergedMaxMs(stream.path, now.flushIntervalMs);
}
