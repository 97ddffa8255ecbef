import { gap } from "../events/gap.ts";
import { eventTypeOf } from "../events/registry.ts";
import { session } from "../events/session.ts";
import { ConfigError } from "../lib/errors.ts";
import { nearest } from "../lib/nearest.ts";
import { partsOf } from "../lib/stream_path.ts";
import { canonicalPath } from "../processing/gateway/paths.ts";
import { asOfJson, lacksJson } from "../processing/pts/answer_json.ts";
import { rendererOf } from "../processing/pts/formats.ts";
import type { EventsQuery } from "../processing/pts/history_messages.ts";
import { HistoryReader, type Present } from "../processing/pts/history_reader.ts";
import { offlinePresent } from "../processing/pts/offline.ts";
import { rowCount } from "../processing/pts/range.ts";
import { numbersOf } from "../processing/pts/table_rows.ts";
import { presentOf } from "../processing/pts/present_json.ts";
import type { Runtime } from "../runtime/runtime.ts";
import type { Config } from "./config.ts";
import { liveRecorder } from "./recorder_link.ts";

export interface EventsProgress {
  readonly rows: number;
  /** When the last of them was received. */
  readonly time: number;
  /** Of the range, 0 to 1. */
  readonly share: number;
}

/**
 * Questions about the past of a data path, answered in this process from its files. Where a recorder runs on it, its memory is asked for
 * first: rows leave memory for files, so whoever looks in that order misses none. Where none runs, the journal of one that was killed is.
 */
export async function askAsOf(runtime: Runtime, config: Config, asked: { path: string; at: number; levels: number }): Promise<string> {
  const { reader, path, present } = await open(runtime, config, asked.path);
  return asOfJson(path, asked.at, reader.asOf(path, asked.at, present, asked.levels));
}

/** Hands every piece on, as fast as it is taken; `write` resolves false where nobody wants more. Resolves with what may be missing, as JSON. */
export async function askEvents(
  runtime: Runtime,
  config: Config,
  asked: EventsQuery,
  write: (bytes: Uint8Array) => Promise<boolean>,
  progress: (progress: EventsProgress) => void = () => {},
): Promise<string> {
  const { reader, path, present } = await open(runtime, config, asked.path);
  const { type, lacks, slices } = reader.events(path, asked.from, asked.to, asked.limit, present);
  const renderer = rendererOf(asked.format, type, path, runtime.compression);
  let isWanted = await write(renderer.begin());
  let rows = 0;
  let from: number | undefined;
  for (const slice of slices) {
    if (isWanted) isWanted = await write(renderer.slice(slice));
    if (!isWanted) break;
    const times = numbersOf(type, slice.table, "recvTime");
    const time = times[slice.rows.at(-1)![1] - 1]!;
    rows += rowCount(slice.rows);
    from ??= Math.max(asked.from, times[slice.rows[0]![0]]!);
    progress({ rows, time, share: Math.max((time - from) / (asked.to - from), rows / asked.limit) });
  }
  if (isWanted) await write(renderer.end());
  return `{${lacksJson(lacks)}}`;
}

async function open(runtime: Runtime, config: Config, raw: string) {
  const path = canonicalPath(raw);
  const type = path === undefined ? undefined : eventTypeOf(partsOf(path).type);
  if (path === undefined || type === undefined) {
    throw new ConfigError(
      "PATH",
      `PATH: found ${JSON.stringify(raw)}, expected {source}/{data_type}/{symbol}, such as binance/bbo/BTCUSDT.`,
    );
  }
  const recorder = await liveRecorder(runtime, config);
  const reader = new HistoryReader(runtime, config.dataPath);
  if (recorder !== undefined) return { reader, path, present: presentOf(await recorder.text(`/v1/present/${path}`)) };
  const { source, symbol } = partsOf(path);
  const asked = new Set([path, `${source}/${gap.name}/${symbol}`, `${source}/${session.name}/_all`]);
  const present: Present = offlinePresent(runtime, config.dataPath, (each) => asked.has(each));
  if (!reader.knows(path) && present.memory[path] === undefined) throw unknown(reader, config, path);
  return { reader, path, present };
}

function unknown(reader: HistoryReader, { dataPath }: Config, path: string): ConfigError {
  const close = nearest(path, reader.near(path));
  return new ConfigError("PATH", `Nothing of ${path} is stored in ${dataPath}.${close === undefined ? "" : ` Did you mean ${close}?`}`);
}
