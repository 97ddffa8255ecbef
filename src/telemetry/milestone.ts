/** 1, 10, 100, …: a venue that changes its format must not fill the log. */
export function isMilestone(count: number): boolean {
  return Number.isInteger(Math.log10(count));
}
