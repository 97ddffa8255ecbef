import { escapeControls } from "../lib/escape_controls.ts";
import { sleep } from "../lib/sleep.ts";
import { decodeSymbol } from "../lib/symbol_name.ts";
import { fitted } from "../lib/text_width.ts";
import type { RecorderLink } from "../app/recorder_link.ts";
import { command, COMMON_ARGS } from "./command.ts";
import { EXIT } from "./failure.ts";
import { spanText, textTable } from "./facts.ts";
import { LINK_ARGS, linkOf } from "./link_flags.ts";
import { durationFlag, untilStopped } from "./long_work.ts";
import type { Status } from "./status.ts";

const EVERY_MS = 1_000;
const HEAD_ROWS = 4;
const PATH_WIDTH_MIN = 20;
const NUMBERS_WIDTH = 46; // of the columns beside the path, for counts below a billion
const SORTS = ["rate", "events", "lag", "age", "path"] as const;
type Sort = typeof SORTS[number];

interface PathState {
  readonly path: string;
  readonly rate: number;
  readonly events: number;
  readonly last_time: string | null;
  readonly lag_ms: number | null;
}

/** What the keys decide. */
interface View {
  sort: Sort;
  isReversed: boolean;
  filter: string;
  /** Letters go into the filter. */
  isTyping: boolean;
}

export const top = command({
  summary: "Paths of a running recorder, the busiest first, every second. Keys: s sort, r reverse, / filter, q quit.",
  args: {
    sort: { type: "enum", options: [...SORTS], default: "rate", description: "What comes first" },
    filter: { type: "string", valueHint: "TEXT", description: "Only paths that hold it" },
    once: { type: "boolean", description: "One look, then end" },
    duration: { type: "string", valueHint: "30s", description: "Stop after this long" },
    ...LINK_ARGS,
    ...COMMON_ARGS,
  },
  examples: ["argus top", "argus top --filter BTC --sort lag", "argus top --once --json"],
  async run({ runtime, output, args }) {
    const link = linkOf(runtime, args);
    const view: View = { sort: args.sort as Sort, isReversed: false, filter: args.filter ?? "", isTyping: false };
    const durationMs = durationFlag("--duration", args.duration);
    const over = new AbortController();
    let wake = new AbortController();
    const stop = () => {
      over.abort();
      wake.abort();
    };
    const isLive = output.isTerminal && !output.isJson && args.once !== true;
    const cancelDuration = durationMs === undefined ? () => {} : runtime.timers.after(durationMs, stop);
    const cancelKeys = isLive ? runtime.process.onKey((key) => isQuit(view, key) ? stop() : wake.abort()) : () => {};
    try {
      await untilStopped(runtime, output, async (signal) => {
        signal.addEventListener("abort", stop);
        while (!over.signal.aborted) {
          const { status, paths } = await look(link);
          const shown = arranged(paths, view, runtime.clock.wallTime());
          if (isLive) output.screen(screenText(link.url, status, shown, view, runtime.process));
          else {output.result({ status, paths: shown }, () =>
              screenText(link.url, status, shown, view, { rows: Infinity, columns: Infinity }));}
          if (args.once === true || output.isUnread) return;
          wake = new AbortController();
          await sleep(runtime.timers, EVERY_MS, wake.signal);
        }
      });
    } finally {
      cancelKeys();
      cancelDuration();
      if (isLive) output.screen(undefined);
    }
    return EXIT.done;
  },
});

/** Does what a key asks; true for the one that ends it. */
function isQuit(view: View, key: string): boolean {
  if (key === "\u0003") return true; // Ctrl-C comes as a key while keys are read
  if (view.isTyping) {
    if (key === "\r" || key === "\n" || key === "\u001b") view.isTyping = false;
    else if (key === "\u007f" || key === "\b") view.filter = view.filter.slice(0, -1);
    else if (/^[\x20-\x7e]+$/.test(key)) view.filter += key;
    return false;
  }
  if (key === "s") view.sort = SORTS[(SORTS.indexOf(view.sort) + 1) % SORTS.length]!;
  else if (key === "r") view.isReversed = !view.isReversed;
  else if (key === "/") Object.assign(view, { isTyping: true, filter: "" });
  return key === "q" || key === "Q";
}

async function look(link: RecorderLink): Promise<{ readonly status: Status; readonly paths: readonly PathState[] }> {
  const [status, { paths }] = await Promise.all([link.json<Status>("/v1/status"), link.json<{ paths: PathState[] }>("/v1/paths")]);
  return { status, paths };
}

type Row = PathState & { readonly age_seconds: number | null };

function arranged(paths: readonly PathState[], { sort, isReversed, filter }: View, nowTime: number): Row[] {
  const wanted = filter.toUpperCase();
  const rows = paths.filter(({ path }) => path.toUpperCase().includes(wanted)).map((state) => ({
    ...state,
    age_seconds: state.last_time === null ? null : Math.max(0, Math.round((nowTime / 1_000 - Date.parse(state.last_time)) / 100) / 10),
  }));
  const keyOf: Readonly<Record<Sort, (row: Row) => number>> = {
    rate: ({ rate }) => rate,
    events: ({ events }) => events,
    lag: ({ lag_ms }) => lag_ms ?? -Infinity,
    age: ({ age_seconds }) => age_seconds ?? -Infinity,
    path: () => 0,
  };
  rows.sort((a, b) => keyOf[sort](b) - keyOf[sort](a) || (a.path < b.path ? -1 : 1));
  return isReversed ? rows.reverse() : rows;
}

/** `size`: of the terminal; a column is as wide as what is in it, and the path takes what is left. */
function screenText(
  url: string,
  { version, uptime_seconds, ready, types, gaps, gateway }: Status,
  rows: readonly Row[],
  view: View,
  size: { readonly rows: number; readonly columns: number },
): string {
  const rate = types.reduce((sum, each) => sum + each.rate, 0);
  const head = `${ready ? "ready" : "NOT READY"} · ${Math.round(rate).toLocaleString("en-US")} events/s · gaps ${gaps["proven"]} · up ${
    spanText(uptime_seconds)
  } · clients ${gateway.clients.length} · argus ${version} at ${url}`;
  const asked = `sort ${view.sort}${view.isReversed ? " reversed" : ""} · filter ${
    view.filter === "" ? "none" : view.filter
  } · ${rows.length} paths`;
  const keys = view.isTyping ? `filter: ${view.filter}_   Enter: done` : `${asked}   keys: s sort, r reverse, / filter, q quit`;
  const table = textTable(
    ["path", "a second", "events", "lag, ms", "silent, s"],
    rows.slice(0, Math.max(1, size.rows - HEAD_ROWS)).map(({ path, rate, events, lag_ms, age_seconds }) => [
      fitted(escapeControls(decodeSymbol(path)), Math.max(PATH_WIDTH_MIN, size.columns - NUMBERS_WIDTH)),
      tenths(rate),
      events,
      lag_ms === null ? undefined : tenths(lag_ms),
      age_seconds ?? undefined,
    ]),
  );
  return `${head}\n${keys}\n\n${table}`;
}

function tenths(value: number): number {
  return Math.round(10 * value) / 10;
}
