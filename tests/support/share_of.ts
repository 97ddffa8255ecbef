/** What that share of the numbers does not exceed; undefined of none. They are sorted. */
export function shareOf(sorted: readonly number[], share: number): number | undefined {
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))];
}
