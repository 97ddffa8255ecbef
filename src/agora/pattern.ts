import { compileGlob } from "../lib/glob.ts";

const SEGMENTS_MAX = 16;

export interface Pattern {
  matches(path: string): boolean;
}

/** First character of temporary paths (`~3/binance/bbo/BTCUSDT`): only a pattern that begins with it sees them. */
export const TEMPORARY = "~";

/** `*` within a segment takes any characters but `/`; a last segment `**` takes any rest. Linear, no RegExp. */
export function compilePattern(pattern: string): Pattern {
  const segments = pattern.split("/");
  if (segments.length > SEGMENTS_MAX) throw new RangeError(`Cannot compile pattern ${pattern}: more than ${SEGMENTS_MAX} segments.`);
  if (!pattern.includes("*")) return { matches: (path) => path === pattern };
  const takesRest = segments.at(-1) === "**";
  const fixed = (takesRest ? segments.slice(0, -1) : segments).map(compileGlob);
  const seesTemporary = pattern.startsWith(TEMPORARY);
  return {
    matches(path) {
      if (path.startsWith(TEMPORARY) && !seesTemporary) return false;
      const parts = path.split("/");
      if (takesRest ? parts.length < fixed.length : parts.length !== fixed.length) return false;
      return fixed.every((matchesSegment, i) => matchesSegment(parts[i]!));
    },
  };
}
