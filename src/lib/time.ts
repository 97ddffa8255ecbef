/** Times are plain numbers of µs since the epoch, UTC: exact until 2255. */
export const US_PER_MS = 1_000;
export const US_PER_S = 1_000_000;
export const US_PER_DAY = 86_400 * US_PER_S;

/** `2026-11-23`: the UTC date of a time, which names the day file. */
export function dateOf(time: number): string {
  return new Date(Math.floor(time / US_PER_DAY) * 86_400_000).toISOString().slice(0, 10);
}

/** The first µs of the next UTC day. */
export function nextMidnight(time: number): number {
  return (Math.floor(time / US_PER_DAY) + 1) * US_PER_DAY;
}

/** `2026-11-23T13:00:01.200000Z`: ISO 8601 with µs. */
export function isoOf(time: number): string {
  const ms = Math.floor(time / US_PER_MS);
  const us = time - ms * US_PER_MS;
  return `${new Date(ms).toISOString().slice(0, -1)}${String(us).padStart(3, "0")}Z`;
}
