import { isoOf } from "../../../lib/time.ts";
import { matchGlob } from "../../../lib/glob.ts";
import type { GatewayWorld, SourceState } from "../gateway_world.ts";
import { jsonAnswer, textAnswer } from "../http/json_answer.ts";
import { MetricsText } from "../metrics_text.ts";
import type { Paths } from "../paths.ts";
import { AskError, type Route } from "../route.ts";
import type { StreamSession } from "../stream_session.ts";

export interface Shown {
  readonly world: GatewayWorld;
  readonly paths: Paths;
  readonly sessions: ReadonlySet<StreamSession>;
  connections(): number;
}

const NAMED_MAX = 20; // streams that an answer names; the count has them all
const SYMBOL_PATHS_MAX = 2_000; // per-path lines of /metrics

/** How the recorder fares. */
export function healthRoutes(shown: Shown): Route[] {
  const startMs = shown.world.runtime.clock.monotonicMs();
  const uptime = () => (shown.world.runtime.clock.monotonicMs() - startMs) / 1_000;
  return [
    {
      method: "GET",
      path: "/healthz",
      summary: "The process lives and its event loop turns",
      isOpen: true,
      answers: { 200: "it does" },
      run: () => textAnswer(200, "text/plain; charset=utf-8", "ok\n"),
    },
    {
      method: "GET",
      path: "/readyz",
      summary: "Every configured stream is carried by a socket",
      answers: { 200: "it is", 503: "the streams that are not" },
      run: () => readiness(shown.world.sources()),
    },
    {
      method: "GET",
      path: "/metrics",
      summary: "Prometheus text",
      parameters: [{ name: "symbols", doc: "a pattern of symbols: adds a line per path of theirs, 2,000 at most" }],
      answers: { 200: "the metrics" },
      run: ({ query }) => textAnswer(200, "text/plain; version=0.0.4; charset=utf-8", metrics(shown, uptime(), query.get("symbols"))),
    },
    {
      method: "GET",
      path: "/v1/status",
      summary: "Sources, sockets, rates, storage and clients in one answer",
      answers: { 200: "the status" },
      run: () => jsonAnswer(status(shown, uptime())),
    },
  ];
}

function readiness(sources: readonly SourceState[]): Response {
  const undelivered = sources.flatMap(({ undelivered }) => undelivered);
  if (undelivered.length === 0) return jsonAnswer({ ready: true, streams: sources.reduce((sum, { streams }) => sum + streams, 0) });
  const message = `${undelivered.length} streams are not delivering: ${undelivered.slice(0, NAMED_MAX).join(", ")}${
    undelivered.length > NAMED_MAX ? ", …" : ""
  }.`;
  const hint = "A source alone means that its universe could not be read yet. The log says why; see docs/OPERATIONS.md.";
  return jsonAnswer({ ready: false, undelivered: undelivered.slice(0, NAMED_MAX), error: { code: "not_ready", message, hint } }, 503);
}

function metrics({ world, paths, sessions, connections }: Shown, uptime: number, symbols: string | null): string {
  const { runtime, telemetry, version } = world;
  const text = new MetricsText();
  text.add("argus_info", 1, { runtime: `${runtime.name} ${runtime.version}`, version });
  text.add("argus_uptime_seconds", Math.round(uptime));
  text.add("argus_resident_bytes", runtime.process.rssBytes());
  text.add("argus_cpu_seconds_total", runtime.process.cpuMs() / 1_000);
  for (const { id: source, streams, sockets, undelivered, workers } of world.sources()) {
    text.add("argus_ready", undelivered.length === 0 ? 1 : 0, { source });
    text.add("argus_streams", streams, { source });
    text.add("argus_streams_undelivered", undelivered.length, { source });
    text.add("argus_sockets", sockets, { source });
    text.add("argus_socket_age_seconds_max", workers.length === 0 ? undefined : Math.max(...workers.map(({ ageMs }) => ageMs)) / 1_000, {
      source,
    });
  }
  for (const { source, type, events, paths: open, rate, lagMsMax } of paths.totals()) {
    text.add("argus_events_total", events, { source, type });
    text.add("argus_paths", open, { source, type });
    text.add("argus_events_per_second", rate, { source, type });
    text.add("argus_lag_seconds_max", lagMsMax === undefined ? undefined : lagMsMax / 1_000, { source, type });
  }
  if (symbols !== null) addPaths(text, paths, symbols);
  const storage = world.storage();
  for (const [type, rows] of Object.entries(storage.rowsBuffered)) text.add("argus_rows_buffered", rows, { type });
  text.add("argus_bytes_unsaved", storage.bytesUnsaved);
  text.add("argus_disk_free_bytes", storage.diskFreeBytes);
  text.add("argus_gateway_connections", connections());
  for (const kind of ["websocket", "sse"] as const) {
    text.add("argus_gateway_clients", [...sessions].filter((session) => session.kind === kind).length, { kind });
  }
  for (const [key, value] of telemetry.counters()) text.addKey(key, value);
  return text.toString();
}

function addPaths(text: MetricsText, paths: Paths, symbols: string): void {
  const states = paths.all().filter(({ path }) => matchGlob(symbols.toUpperCase(), path.slice(path.lastIndexOf("/") + 1)));
  if (states.length > SYMBOL_PATHS_MAX) {
    throw new AskError(
      400,
      "too_many_paths",
      `${states.length} paths match, ${SYMBOL_PATHS_MAX} are shown at most.`,
      "Name fewer symbols.",
    );
  }
  for (const { path, node } of states) text.add("argus_path_events_total", node.seq, { path });
}

function status({ world, paths, sessions, connections }: Shown, uptime: number): object {
  const { runtime, telemetry, version } = world;
  const sources = world.sources();
  const storage = world.storage();
  return {
    version,
    runtime: `${runtime.name} ${runtime.version}`,
    time: isoOf(runtime.clock.wallTime()),
    uptime_seconds: Math.round(uptime),
    ready: sources.every(({ undelivered }) => undelivered.length === 0),
    sources: sources.map(({ id, symbols, streams, sockets, scansDeclined, undelivered, workers }) => ({
      id,
      symbols,
      streams,
      sockets,
      scans_declined: scansDeclined,
      undelivered: undelivered.length,
      undelivered_paths: undelivered.slice(0, NAMED_MAX),
      workers: workers.map(({ id, lane, ageMs, rotatesInMs, streams }) => ({
        id,
        lane,
        age_seconds: Math.round(ageMs / 1_000),
        rotates_in_seconds: Math.round(rotatesInMs / 1_000),
        streams,
      })),
    })),
    types: [...paths.totals()].map(({ source, type, events, paths, rate, lagMsMax }) => ({
      source,
      type,
      events,
      paths,
      rate: Math.round(rate * 100) / 100,
      lag_ms_max: lagMsMax ?? null,
    })),
    gaps: {
      proven: telemetry.total("argus_gaps_total"),
      possible: telemetry.total("argus_gaps_possible_total"),
      rows_healed: telemetry.total("argus_rows_healed_total"),
    },
    storage: {
      data_path: storage.dataPath,
      rows_buffered: Object.values(storage.rowsBuffered).reduce((sum, rows) => sum + rows, 0),
      bytes_unsaved: storage.bytesUnsaved,
      rows_saved: telemetry.total("argus_rows_saved_total"),
      rows_merged: storage.rowsMerged,
      disk_free_bytes: storage.diskFreeBytes ?? null,
    },
    gateway: {
      connections: connections(),
      clients: [...sessions].map(({ kind, address, feed }) => ({ kind, address, patterns: feed.patterns, paths: feed.paths })),
      events_lagged: telemetry.total("argus_gateway_events_lagged_total"),
    },
    process: { pid: runtime.process.pid, resident_bytes: runtime.process.rssBytes(), cpu_seconds: runtime.process.cpuMs() / 1_000 },
  };
}
