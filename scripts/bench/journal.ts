import process from "node:process";
import type { EventBase, EventType } from "../../src/events/event_type.ts";
import { Codec } from "../../src/exchanges/codec.ts";
import { sourceOf } from "../../src/exchanges/registry.ts";
import { BatchBuilder } from "../../src/processing/journal/batch.ts";
import { RecordEncoder } from "../../src/processing/journal/record.ts";
import { SegmentWriter } from "../../src/processing/journal/segment_writer.ts";
import { Table } from "../../src/processing/storage/table.ts";
import { loadRuntime } from "../../src/runtime/load.ts";
import type { Figure } from "../bench.ts";
import { decode, type Decoded } from "./decoded.ts";
import { mixedFrames, symbolNames } from "./frames.ts";

const FRAMES = 400_000;
const SYMBOLS = 100;
const RECV_TIME = 1_795_000_000_000_000;
const STEP = 50; // µs: 20,000 events a second
const HASH = "20261119T000000000Z-0a1b2c3d";
const BATCH = 2_000; // events of 100 ms
const SYNCED = 3; // batches: every 250 ms, or nearly

/** Rows out of their buffers into a segment, durable: what the journal costs beside the crossing between threads. */
export async function journal(folder: string): Promise<Figure[]> {
  const runtime = await loadRuntime(new URL("../../src/main.ts", import.meta.url).href);
  const codec = new Codec(sourceOf("binance")!);
  const rows = [...mixedFrames(FRAMES, symbolNames(SYMBOLS))].map((text, n) => decode(codec, text, RECV_TIME + n * STEP));
  const encoder = new RecordEncoder(runtime.compression, HASH);
  const writer = new SegmentWriter(runtime, { dataPath: folder, hash: HASH, segmentBytesMax: Infinity });
  const used = { gather: 0, encode: 0, write: 0 };
  let bytes = 0;
  for (let from = 0, batch = 1; from < rows.length; from += BATCH, batch++) {
    const buffers = buffersOf(rows.slice(from, from + BATCH));
    const gathered = spent(used, "gather", () => gather(buffers));
    const records = spent(used, "encode", () => gathered.map((each) => encoder.encode(each)));
    for (const record of records) {
      bytes += record.length;
      writer.add(record, []);
    }
    spent(used, "write", () => batch % SYNCED === 0 ? writer.sync() : writer.write());
  }
  writer.sync();
  writer.removeAll();
  return [
    ...Object.entries(used).map(([step, cpuUs]) => ({ what: `journal: ${step}`, value: 1_000 * cpuUs / FRAMES, unit: "ns CPU/event" })),
    { what: "journal: size", value: bytes / FRAMES, unit: "B/event" },
  ];
}

type Buffers = Map<EventType, Map<string, Table<EventBase>>>;

function buffersOf(rows: readonly Decoded[]): Buffers {
  const buffers: Buffers = new Map();
  for (const { type, event } of rows) {
    const ofType = buffers.get(type) ?? new Map<string, Table<EventBase>>();
    buffers.set(type, ofType);
    const table = ofType.get(event.symbol) ?? new Table<EventBase>(type);
    ofType.set(event.symbol, table);
    table.append(event);
  }
  return buffers;
}

function gather(buffers: Buffers) {
  return [...buffers].map(([type, tables]) => {
    const builder = new BatchBuilder<EventBase>(type);
    for (const [symbol, table] of tables) builder.add({ path: `binance/${type.name}/${symbol}`, chunk: 1, before: 0, first: 0 }, table);
    return builder.take()!.batch;
  });
}

function spent<Step extends string, V>(used: Record<Step, number>, step: Step, run: () => V): V {
  const before = process.cpuUsage();
  const value = run();
  const { user, system } = process.cpuUsage(before);
  used[step] += user + system;
  return value;
}
