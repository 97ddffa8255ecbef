import { sleep } from "../lib/sleep.ts";
import type { RecorderLink } from "../app/recorder_link.ts";
import { command, COMMON_ARGS } from "./command.ts";
import { EXIT } from "./failure.ts";
import { textTable } from "./facts.ts";
import { LINK_ARGS, linkOf } from "./link_flags.ts";
import { durationFlag, untilStopped } from "./long_work.ts";
import type { Status } from "./status.ts";

const EVERY_MS = 1_000;
const HEAD_ROWS = 4;
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
          if (isLive) output.screen(screenText(link.url, status, shown, view, runtime.process.rows));
          else output.result({ status, paths: shown }, () => screenText(link.url, status, shown, view, Infinity));
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

function screenText(
  url: string,
  { version, uptime_seconds, ready, types, gaps, gateway }: Status,
  rows: readonly Row[],
  view: View,
  height: number,
): string {
  const rate = types.reduce((sum, each) => sum + each.rate, 0);
  const head = `argus ${version} ${url} up ${uptime_seconds} s ${ready ? "ready" : "NOT READY"} · ${Math.round(rate)} events/s · gaps ${
    gaps["proven"]
  } · clients ${gateway.clients.length}`;
  const keys = view.isTyping
    ? `filter: ${view.filter}_`
    : `sort ${view.sort}${view.isReversed ? " reversed" : ""} · filter ${view.filter === "" ? "none" : view.filter} · ${rows.length} paths`;
  const table = textTable(
    ["path", "a second", "events", "lag, ms", "silent, s"],
    rows.slice(0, Math.max(1, height - HEAD_ROWS)).map((
      { path, rate, events, lag_ms, age_seconds },
    ) => [
      path,
      Math.round(10 * rate) / 10,
      events,
      lag_ms ?? undefined,
      age_seconds ?? undefined,
    ]),
  );
  return `${head}\n${keys}\n\n${table}`;
}
