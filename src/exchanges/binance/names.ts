/**
 * Stream names: the symbol in lower case, then a case-sensitive suffix. Letters without case (CJK) stay as they are; how the venue lowers
 * other letters beyond ASCII is not documented, and no such symbol is known.
 */
export function streamName(symbol: string, suffix: `@${string}`): string {
  return `${symbol.toLowerCase()}${suffix}`;
}

/** Has exactly this suffix, behind a symbol. `btcusdt@depth@100ms` is no `@100ms`. */
export function hasSuffix(stream: string, suffix: `@${string}`): boolean {
  const at = stream.indexOf("@");
  return at > 0 && stream.slice(at) === suffix;
}
