import * as v from "valibot";
import type { Runtime } from "../../runtime/runtime.ts";
import type { ClientFeed } from "./client_feed.ts";
import { canonicalPath, type Paths } from "./paths.ts";

/** What a client is answered, and whether it is shown the door. */
export interface Reply {
  readonly answers: readonly string[];
  readonly close: { readonly code: number; readonly reason: string } | undefined;
}

const PATTERNS_MAX = 256; // of one client
const PATTERN_CHARS_MAX = 512;
const REQUESTS_PER_S = 100;
const REQUESTS_BURST = 1_000;
const STRIKES_MAX = 10;
const NONE: Reply = { answers: [], close: undefined };

const REQUEST = v.object({
  op: v.picklist(["subscribe", "unsubscribe"]),
  paths: v.pipe(v.array(v.pipe(v.string(), v.nonEmpty(), v.maxLength(PATTERN_CHARS_MAX))), v.minLength(1), v.maxLength(PATTERNS_MAX)),
});

interface Asked {
  readonly op: "subscribe" | "unsubscribe";
  readonly path: string;
}

/**
 * What a client of `/v1/stream` asks for. Nothing it sends can do more than close its own connection. What it asks waits here: a pattern is
 * held against every path there is, which is done when it is the client's turn.
 */
export class StreamRequests {
  readonly #clock: Runtime["clock"];
  readonly #paths: Paths;
  readonly #feed: ClientFeed;
  /** At most what its credit was, and what a request line holds. */
  readonly #asked: Asked[] = [];
  #strikes = 0;
  #credit = REQUESTS_BURST;
  #creditMs: number;

  constructor(clock: Runtime["clock"], paths: Paths, feed: ClientFeed) {
    this.#clock = clock;
    this.#paths = paths;
    this.#feed = feed;
    this.#creditMs = clock.monotonicMs();
  }

  /** Something was asked for and waits for `act`. */
  get isWaiting(): boolean {
    return this.#asked.length > 0;
  }

  heard(text: string | undefined): Reply {
    if (!this.#pay(1)) return { answers: [], close: { code: 1008, reason: "too many requests" } };
    if (text === undefined) return this.#strike("binary", "A binary message is no request.");
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch {
      return this.#strike("bad_json", "The message is no JSON.");
    }
    const request = v.safeParse(REQUEST, value);
    if (!request.success) return this.#strike("bad_request", "The message is no request.");
    const { op, paths } = request.output;
    if (!this.#pay(paths.length - 1)) return { answers: [], close: { code: 1008, reason: "too many requests" } };
    this.ask(op, paths);
    return NONE;
  }

  ask(op: Asked["op"], paths: readonly string[]): void {
    for (const path of paths) this.#asked.push({ op, path });
  }

  /** The next of what waits. A path nobody publishes yet is kept: it may be listed in a minute. It is told, because it may also be misspelt. */
  act(): Reply {
    const { op, path } = this.#asked.shift()!;
    const pattern = patternOf(path);
    if (op === "unsubscribe") {
      this.#feed.unsubscribe(pattern ?? path);
      return NONE;
    }
    if (pattern === undefined) return this.#strike("bad_path", `${JSON.stringify(path)} is no path and no pattern.`);
    if (this.#feed.patterns >= PATTERNS_MAX) {
      return answered("too_many_paths", `A client may ask for ${PATTERNS_MAX} patterns.`, "Use * in a pattern, or unsubscribe.");
    }
    this.#feed.subscribe(pattern);
    if (pattern.includes("*") || this.#paths.get(pattern) !== undefined) return NONE;
    const near = this.#paths.near(pattern);
    return answered("unknown_path", `Nobody publishes ${pattern} yet.`, near.length === 0 ? "" : `Near: ${near.join(", ")}.`);
  }

  #strike(code: string, message: string): Reply {
    const hint = 'Send {"op":"subscribe","paths":["binance/bbo/BTCUSDT"]}; * stands for any characters of a segment.';
    const close = ++this.#strikes >= STRIKES_MAX ? { code: 1008, reason: "ten messages that are no requests" } : undefined;
    return { answers: [errorText(code, message, hint)], close };
  }

  #pay(count: number): boolean {
    const nowMs = this.#clock.monotonicMs();
    this.#credit = Math.min(REQUESTS_BURST, this.#credit + (nowMs - this.#creditMs) * REQUESTS_PER_S / 1_000) - count;
    this.#creditMs = nowMs;
    return this.#credit >= 0;
  }
}

/** A pattern as it is matched, or undefined for what can match nothing. Paths without a star may be spelt in any way a path may be. */
export function patternOf(text: string): string | undefined {
  if (!text.includes("*")) return canonicalPath(text);
  // deno-lint-ignore no-control-regex -- control characters are exactly what is refused
  if (text.split("/").length > 16 || /[\u0000-\u0020\u007f]|^~/.test(text)) return undefined;
  return text;
}

function answered(code: string, message: string, hint: string): Reply {
  return { answers: [errorText(code, message, hint)], close: undefined };
}

function errorText(code: string, message: string, hint: string): string {
  return JSON.stringify({ error: { code, message, hint } });
}
