import * as v from "valibot";
import { type DayWindow, parseDayWindow } from "../lib/day_window.ts";
import { formatDuration, parseDuration } from "../lib/duration.ts";
import { nearest } from "../lib/nearest.ts";
import { EVENT_TYPES } from "../events/registry.ts";
import { sourceOf, SOURCES } from "../exchanges/registry.ts";
import type { Source } from "../exchanges/source.ts";

/** What the recorder runs with. Durations in ms; `sources` holds those to record, in the order they were named. */
export interface Config {
  readonly dataPath: string;
  readonly flushIntervalMs: number;
  readonly flushRows: number;
  readonly journal: { readonly writeIntervalMs: number; readonly syncIntervalMs: number };
  readonly gateway: { readonly listen: string; readonly token: string; readonly names: readonly string[] };
  readonly sources: Readonly<Record<string, SourceConfig>>;
}

export interface SourceConfig {
  readonly symbols: readonly string[];
  readonly exclude: readonly string[];
  readonly types: readonly string[];
  readonly universeIntervalMs: number;
  readonly workerMaxAgeMs: number;
  readonly rotateWindow: DayWindow | undefined;
  readonly redundancy: number;
  readonly bookAnchorIntervalMs: number;
  readonly bookAnchorChanges: number;
  readonly wsUrls: readonly string[];
  readonly restUrl: string;
}

/** One key of the configuration: how its value reads, in every layer. */
export interface Setting {
  readonly shape: "text" | "list" | "integer";
  readonly expected: string;
  readonly doc: string;
  /** As a user would write it. */
  readonly default: unknown;
  readonly schema: v.GenericSchema<unknown, unknown>;
}

const SECOND_MS = 1_000;
const DAY_MS = 86_400_000;
const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/;

export const COMMON_SETTINGS: Readonly<Record<string, Setting>> = {
  data_path: text("./data", "a folder", "Where the Parquet files go.", (value) => value !== ""),
  flush_interval: duration("1m", [100, DAY_MS], "How often rows become files."),
  flush_rows: integer(
    4_096,
    [1, 65_536],
    "A stream with fewer rows waits two to five intervals, safe in the journal; 1 writes every stream at every interval.",
  ),
  "journal.write_interval": duration("100ms", [10, 10 * SECOND_MS], "How often rows go into the journal; a killed process loses no more."),
  "journal.sync_interval": duration(
    "250ms",
    [10, 60 * SECOND_MS],
    "How often the journal is synced; with the interval above, what a power cut costs.",
  ),
  "gateway.listen": text(
    "127.0.0.1:8321",
    'host:port (port 0 = any free) or "off"',
    "Loopback unless you say otherwise.",
    (value) => value === "off" || listenParts(value) !== undefined,
  ),
  "gateway.token": text("", "text", "Required when listen is not loopback.", () => true),
  "gateway.names": list(
    [],
    'host names, such as ["argus.example.org"]',
    "Names of a proxy in front of the gateway; requests for any other name are refused.",
    (items) => items.every((item) => /^[a-z0-9.-]+(:\d{1,5})?$/i.test(item)),
  ),
};

export function sourceSettings(source: Source): Readonly<Record<string, Setting>> {
  const types = EVENT_TYPES.map(({ name }) => name).filter((name) => source.channels.some((channel) => channel.event.name === name));
  const ws = [...source.endpoints.ws];
  return {
    symbols: symbols(["*"], "Patterns of the venue's symbols; * stands for any characters.", 1),
    exclude: symbols([], "Patterns of symbols to leave out.", 0),
    types: list(
      types,
      `some of ${types.join(", ")}`,
      "What to record.",
      (items) => items.length > 0 && items.every((item) => types.includes(item)),
    ),
    universe_interval: duration("1h", [100, 7 * DAY_MS], "How often the venue is asked for its symbols."),
    worker_max_age: duration("12h", [SECOND_MS, source.limits.socketAgeMaxMs - 1], "Sockets are replaced before this age, without a gap."),
    rotate_window: {
      ...text(
        "",
        'a part of the UTC day such as "02:00-05:00", or "" for any time',
        "When sockets are replaced by age; the age limit wins.",
        () => true,
      ),
      schema: v.pipe(
        v.string(),
        v.check((value) => value === "" || parseDayWindow(value) !== undefined),
        v.transform(parseDayWindow),
      ),
    },
    redundancy: integer(1, [1, 4], "Sockets that carry each stream at the same time."),
    book_anchor_interval: duration(
      "1h",
      [60 * SECOND_MS, 7 * DAY_MS],
      "How often the whole order book is fetched, beside starts, holes and midnight.",
    ),
    book_anchor_changes: integer(
      300_000,
      [1_000, 1_000_000_000],
      "And after how many changes of it: whoever asks for the book of a moment has hardly more of them to go through.",
    ),
    ws_url: {
      ...list(
        ws,
        "a ws:// or wss:// URL, or a list of them",
        "A string or a list.",
        (items) => items.length > 0 && items.every((url) => isUrl(url, ["ws:", "wss:"])),
      ),
      default: ws.length === 1 ? ws[0] : ws,
    },
    rest_url: text(
      source.endpoints.rest[0] ?? "",
      "an http:// or https:// URL",
      "Must serve the venue's REST interface.",
      (url) => isUrl(url, ["http:", "https:"]),
    ),
  };
}

/** Ids of the plan. One without a Source is known, but not yet supported. */
export const SOURCE_IDS: readonly string[] = [
  "binance",
  "binance_usdm",
  "binance_coinm",
  "bybit",
  "bybit_linear",
  "bybit_inverse",
  "okx",
  "coinbase",
  "kraken",
  "hyperliquid",
  "deribit",
  "bitget",
  "gateio",
  "kucoin",
];

/** Why a source cannot be used, or undefined when it can. */
export function sourceProblem(id: string): string | undefined {
  if (sourceOf(id) !== undefined) return undefined;
  const supported = SOURCES.map((source) => source.id);
  if (SOURCE_IDS.includes(id)) return `source ${id} is not supported in this version. Supported: ${supported.join(", ")}.`;
  const close = nearest(id, supported);
  return `unknown source ${JSON.stringify(id)}.${close ? ` Did you mean ${close}?` : ""} Supported: ${supported.join(", ")}.`;
}

export function isLoopback(listen: string): boolean {
  return listen === "off" || LOOPBACK.test(listenParts(listen)?.host ?? "");
}

export function listenParts(listen: string): { readonly host: string; readonly port: number } | undefined {
  const [, host, port] = /^(\[[0-9a-fA-F:.]+\]|[^\s:/[\]]+):(\d{1,5})$/.exec(listen) ?? [];
  return host === undefined || Number(port) > 65_535 ? undefined : { host, port: Number(port) };
}

function isUrl(text: string, protocols: readonly string[]): boolean {
  return URL.canParse(text) && protocols.includes(new URL(text).protocol) && !text.endsWith("/");
}

function text(value: string, expected: string, doc: string, isGood: (value: string) => boolean): Setting {
  return { shape: "text", expected, doc, default: value, schema: v.pipe(v.string(), v.check(isGood)) };
}

function duration(value: string, [fromMs, toMs]: readonly [number, number], doc: string): Setting {
  const schema = v.pipe(
    v.string(),
    v.transform((value) => parseDuration(value) ?? -1),
    v.check((ms) => ms >= fromMs && ms <= toMs),
  );
  return {
    shape: "text",
    expected: `a duration from ${formatDuration(fromMs)} to ${formatDuration(toMs)}, such as "${value}"`,
    doc,
    default: value,
    schema,
  };
}

function integer(value: number, [from, to]: readonly [number, number], doc: string): Setting {
  const schema = v.pipe(v.number(), v.integer(), v.minValue(from), v.maxValue(to));
  return { shape: "integer", expected: `an integer from ${from} to ${to}`, doc, default: value, schema };
}

/** A single string stands for a list of one. */
function list(value: readonly string[], expected: string, doc: string, isGood: (items: string[]) => boolean): Setting {
  const schema = v.pipe(v.union([v.array(v.string()), v.pipe(v.string(), v.transform((item) => [item]))]), v.check(isGood));
  return { shape: "list", expected, doc, default: value, schema };
}

function symbols(value: readonly string[], doc: string, countMin: number): Setting {
  const patterns = list(
    value,
    'symbol patterns, such as ["BTCUSDT", "ETH*"]',
    doc,
    (items) => items.length >= countMin && items.every((item) => item.trim() !== ""),
  );
  return {
    ...patterns,
    schema: v.pipe(patterns.schema, v.transform((items) => (items as string[]).map((item) => item.trim().toUpperCase()))),
  };
}
