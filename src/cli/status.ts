import { OWN_TYPES } from "../events/registry.ts";
import { escapeControls } from "../lib/escape_controls.ts";
import { command, COMMON_ARGS } from "./command.ts";
import { EXIT } from "./failure.ts";
import { bytesText, factsText, spanText, textTable } from "./facts.ts";
import { LINK_ARGS, linkOf } from "./link_flags.ts";

export interface Status {
  readonly version: string;
  readonly runtime: string;
  readonly uptime_seconds: number;
  readonly ready: boolean;
  readonly sources: readonly {
    readonly id: string;
    readonly symbols: number;
    readonly streams: number;
    readonly sockets: number;
    readonly undelivered: number;
    readonly undelivered_paths: readonly string[];
    readonly workers: readonly { readonly age_seconds: number; readonly rotates_in_seconds: number }[];
  }[];
  readonly types: readonly {
    readonly source: string;
    readonly type: string;
    readonly events: number;
    readonly paths: number;
    readonly rate: number;
    readonly lag_ms_max: number | null;
  }[];
  readonly gaps: Readonly<Record<string, number>>;
  readonly storage: {
    readonly data_path: string;
    readonly rows_buffered: number;
    readonly rows_saved: number;
    readonly rows_merged: number;
    readonly disk_free_bytes: number | null;
  };
  readonly gateway: { readonly connections: number; readonly clients: readonly unknown[]; readonly events_lagged: number };
}

export const status = command({
  summary: "One look at a running recorder; 1 where a configured stream is not delivered.",
  args: { ...LINK_ARGS, ...COMMON_ARGS },
  examples: ["argus status", "argus status --url http://127.0.0.1:8321 --json"],
  async run({ runtime, output, args }) {
    const link = linkOf(runtime, args);
    const answer = await link.json<Status>("/v1/status");
    output.result(answer, () => statusText(link.url, answer));
    return answer.ready ? EXIT.done : EXIT.unexpected;
  },
});

function statusText(url: string, status: Status): string {
  const { version, runtime, uptime_seconds, ready, sources, types, gaps, storage, gateway } = status;
  const undelivered = sources.flatMap(({ undelivered_paths }) => undelivered_paths);
  const missing = sources.reduce((sum, source) => sum + source.undelivered, 0);
  const named = `${undelivered.join(", ")}${missing > undelivered.length ? ` and ${missing - undelivered.length} more` : ""}`;
  return [
    `${ready ? "ready" : "NOT READY"}: argus ${version} on ${runtime} at ${url}, up ${spanText(uptime_seconds)}`,
    ...(missing === 0 ? [] : [`not delivered: ${escapeControls(named)}`]),
    "",
    textTable(
      ["source", "symbols", "streams", "sockets", "oldest", "next replaced in"],
      sources.map(({ id, symbols, streams, sockets, workers }) => [
        id,
        symbols,
        streams,
        sockets,
        workers.length === 0 ? "" : spanText(Math.max(...workers.map((each) => each.age_seconds))),
        workers.length === 0 ? "" : spanText(Math.min(...workers.map((each) => each.rotates_in_seconds))),
      ]),
    ),
    "",
    textTable(
      ["type", "paths", "events", "a second", "lag, ms"],
      [...types].sort(byKind).map(({ source, type, paths, events, rate, lag_ms_max }) => [
        `${source}/${type}`,
        paths,
        events,
        Math.round(10 * rate) / 10,
        lag_ms_max === null ? undefined : Math.round(10 * lag_ms_max) / 10,
      ]),
    ),
    "",
    `gaps     ${factsText(gaps)}`,
    `rows     ${factsText({ onDisk: storage.rows_saved, inMemory: storage.rows_buffered, inDayFiles: storage.rows_merged })}`,
    `disk     ${storage.disk_free_bytes === null ? "" : `${bytesText(storage.disk_free_bytes)} free, `}${storage.data_path}`,
    `clients  ${factsText({ now: gateway.clients.length, connections: gateway.connections, eventsLagged: gateway.events_lagged })}`,
  ].join("\n");
}

/** What the venue sends before what the recorder says itself. */
function byKind(a: Status["types"][number], b: Status["types"][number]): number {
  return OWN_TYPES.indexOf(a.type) - OWN_TYPES.indexOf(b.type) || (`${a.source}/${a.type}` < `${b.source}/${b.type}` ? -1 : 1);
}
