import type { Accepted, Refused, Topic } from "../dialect.ts";
import type { TimeUnit } from "../source.ts";

const SUFFIXES = { trade: "@trade", bbo: "@bookTicker", depth: "@depth@100ms" } as const;
const TYPES = Object.keys(SUFFIXES) as (keyof typeof SUFFIXES)[];

export function streamOf({ type, symbol }: Topic): string {
  return `${symbol.toLowerCase()}${SUFFIXES[type]}`;
}

/** Names are lower case with a case-sensitive suffix: `BTCUSDT@trade` and `btcusdt@aggtrade` are valid and silent. */
export function topicOf(stream: string): Topic | undefined {
  const at = stream.indexOf("@");
  const symbol = stream.slice(0, at);
  const type = TYPES.find((each) => SUFFIXES[each] === stream.slice(at));
  return at <= 0 || type === undefined || symbol !== symbol.toLowerCase() ? undefined : { type, symbol: symbol.toUpperCase() };
}

/** `symbol@kind`, or an all-market stream `!kind`. Symbols may be any UTF-8 since 2025-12. */
export function isStreamName(text: string): boolean {
  return /^(?:[^\s@!/"\\]+@[A-Za-z0-9_]+|![A-Za-z0-9_]+)(?:@[A-Za-z0-9_:+]+)*$/u.test(text);
}

const TIME_UNITS: ReadonlyMap<string, TimeUnit> = new Map([
  ["MICROSECOND", "us"],
  ["microsecond", "us"],
  ["MILLISECOND", "ms"],
  ["millisecond", "ms"],
]);

/** `/ws[/a/b]` for bare payloads, `/stream[?streams=a/b]` for combined frames, either with `timeUnit`. */
export function accept(target: string): Accepted | Refused {
  const url = parse(target);
  if (url === undefined) return { refuse: 400, reason: "Illegal URL encoding." };
  const { path, query } = url;
  const unitText = query.get("timeUnit");
  const timeUnit = unitText === undefined ? "ms" : TIME_UNITS.get(unitText);
  if (timeUnit === undefined) return { refuse: 400, reason: "Invalid timeUnit, expected 'MICROSECOND' or 'MILLISECOND'." };
  const isCombined = path === "/stream" || path === "/stream/";
  if (!isCombined && path !== "/ws" && !path.startsWith("/ws/")) return { refuse: 404, reason: "No such path." };
  const streams = (isCombined ? query.get("streams") ?? "" : path.slice("/ws/".length)).split("/").filter((name) => name !== "");
  const wrong = streams.find((name) => !isStreamName(name));
  if (wrong !== undefined) return { refuse: 400, reason: "Invalid stream name." };
  return { streams, isCombined, timeUnit };
}

/** Percent-encoded since 2025-12, in path and query alike. A `+` stays a `+`: stream names carry it. */
function parse(target: string): { readonly path: string; readonly query: ReadonlyMap<string, string> } | undefined {
  const [path, queryText] = split(target, "?");
  try {
    const pairs = queryText.split("&").filter((pair) => pair !== "").map((pair) => split(pair, "="));
    return {
      path: decodeURIComponent(path),
      query: new Map(pairs.map(([name, value]) => [decodeURIComponent(name), decodeURIComponent(value)])),
    };
  } catch {
    return undefined; // URIError: the only thing decodeURIComponent throws
  }
}

function split(text: string, at: string): [string, string] {
  const index = text.indexOf(at);
  return index < 0 ? [text, ""] : [text.slice(0, index), text.slice(index + 1)];
}
