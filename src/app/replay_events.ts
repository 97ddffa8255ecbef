import type { EventBase, EventType } from "../events/event_type.ts";
import { eventTypeOf } from "../events/registry.ts";
import { Codec } from "../exchanges/codec.ts";
import { sourceOf } from "../exchanges/registry.ts";
import type { TimeUnit } from "../exchanges/source.ts";
import { encodeSymbol } from "../lib/symbol_name.ts";
import type { Pattern } from "../agora/pattern.ts";
import { HistoryReader, type Present } from "../processing/pts/history_reader.ts";
import { offlinePresent } from "../processing/pts/offline.ts";
import { TableRows } from "../processing/pts/table_rows.ts";
import type { Runtime } from "../runtime/runtime.ts";
import { captureLines } from "../sim/venue/capture_lines.ts";
import { DueQueue } from "../sim/venue/due_queue.ts";

export interface ReplayEvent {
  readonly path: string;
  readonly type: EventType;
  readonly event: EventBase;
}

/** Streams below a data path whose names match. */
export function recordedPaths({ disk }: Pick<Runtime, "disk">, dataPath: string, wanted: readonly Pattern[]): string[] {
  const foldersIn = (folder: string) => disk.list(`${dataPath}/${folder}`).filter(({ isFolder }) => isFolder).map(({ name }) => name);
  const paths = foldersIn(".").filter((source) => source !== "tmp").flatMap((source) =>
    foldersIn(source).filter((type) => eventTypeOf(type) !== undefined).flatMap((type) =>
      foldersIn(`${source}/${type}`).map((symbol) => `${source}/${type}/${symbol}`)
    )
  );
  return paths.filter((path) => wanted.some((pattern) => pattern.matches(path)));
}

/** What was recorded of some paths, one stream in order of receive time; rows of one path stay in the order they are stored. */
export async function* recordedEvents(
  runtime: Pick<Runtime, "disk" | "compression" | "clock">,
  dataPath: string,
  paths: readonly string[],
  { from, to }: { readonly from: number; readonly to: number },
): AsyncGenerator<ReplayEvent> {
  const reader = new HistoryReader(runtime, dataPath);
  const streams = new DueQueue<Generator<ReplayEvent>>();
  const waiting = new Map<Generator<ReplayEvent>, ReplayEvent>();
  let reached = 0;
  const advance = (stream: Generator<ReplayEvent>) => {
    const { done, value } = stream.next();
    if (done === true) return;
    waiting.set(stream, value);
    streams.put(Math.max(reached, value.event.recvTime), stream);
  };
  try {
    const wanted = new Set(paths);
    const present = offlinePresent(runtime, dataPath, (path) => wanted.has(path));
    for (const path of paths) advance(rowsOf(reader, path, present, { from, to }));
    for (let next = streams.take(); next !== undefined; next = streams.take()) {
      const value = waiting.get(next)!;
      waiting.delete(next);
      reached = Math.max(reached, value.event.recvTime);
      yield value;
      advance(next);
    }
  } finally {
    for (const stream of waiting.keys()) stream.return(undefined);
  }
}

function* rowsOf(
  reader: HistoryReader,
  path: string,
  present: Present,
  { from, to }: { readonly from: number; readonly to: number },
): Generator<ReplayEvent> {
  const { type, slices } = reader.events(path, from, to, Number.MAX_SAFE_INTEGER, present);
  for (const { table, rows } of slices) {
    const events = new TableRows(type, table);
    for (const [first, last] of rows) for (let row = first; row < last; row++) yield { path, type, event: events.event(row) };
  }
}

/** What raw captures hold, decoded as the recorder would have; frames that carry nothing, or cannot be read, are counted and left out. */
export async function* capturedEvents(
  runtime: Runtime,
  files: readonly string[],
  source: string,
  timeUnit: TimeUnit,
  skipped: (text: string) => void,
): AsyncGenerator<ReplayEvent> {
  const codec = new Codec(sourceOf(source)!, { timeUnit });
  for (const file of files) {
    for await (const lines of captureLines(runtime, file)) {
      for (const { recvTime, text } of lines) {
        const decoded = codec.decode(text, recvTime);
        if (decoded.kind === "bad") skipped(text);
        if (decoded.kind !== "events") continue;
        const type = decoded.channel.event as EventType;
        const path = `${source}/${type.name}/${encodeSymbol(decoded.symbol)}`;
        for (const event of decoded.events as readonly EventBase[]) yield { path, type, event };
      }
    }
  }
}
