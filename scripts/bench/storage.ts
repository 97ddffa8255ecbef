import process from "node:process";
import type { EventBase, EventType } from "../../src/events/event_type.ts";
import { EVENT_TYPES, OWN_TYPES } from "../../src/events/registry.ts";
import { Codec } from "../../src/exchanges/codec.ts";
import { sourceOf } from "../../src/exchanges/registry.ts";
import { decodeTable } from "../../src/processing/storage/parquet/decode.ts";
import { appendRows, fileEnd, newFileBytes, storageWorld } from "../../src/processing/storage/day_file.ts";
import { rowsOfTable } from "../../src/processing/storage/rows.ts";
import { bytesOf, type SealedTable, Table } from "../../src/processing/storage/table.ts";
import { Watermark } from "../../src/processing/storage/watermark.ts";
import { loadRuntime } from "../../src/runtime/load.ts";
import type { Figure } from "../bench.ts";
import { decode } from "./decoded.ts";
import { mixedFrames, symbolNames } from "./frames.ts";

const FRAMES = 200_000;
const SYMBOLS = 100;
const RECV_TIME = 1_795_000_000_000_000;
const MERGES = 60;

/** What each step of storing costs by itself, in this process. */
export async function storage(folder: string): Promise<Figure[]> {
  const runtime = await loadRuntime(new URL("../../src/main.ts", import.meta.url).href);
  const world = storageWorld(runtime, "argus bench");
  const frames = [...mixedFrames(FRAMES, symbolNames(SYMBOLS))];
  const figures: Figure[] = [];
  const note = (what: string, cpuNs: number, count: number, unit = "ns CPU/event") => figures.push({ what, value: cpuNs / count, unit });

  const codec = new Codec(sourceOf("binance")!);
  const events = frames.map((text, n) => decode(codec, text, RECV_TIME + n * 37));

  for (const type of EVENT_TYPES.filter(({ name }) => !OWN_TYPES.includes(name))) {
    const rows = events.filter((each) => each.type === type).map(({ event }) => event);
    let sealed!: SealedTable;
    note(
      `append to columns: ${type.name}`,
      cpuNs(() => {
        const table = new Table(type);
        for (const event of rows) table.append(event);
        sealed = table.seal();
      }),
      rows.length,
    );
    const path = `binance/${type.name}/X`;
    let file!: Uint8Array;
    note(`encode to Parquet: ${type.name}`, cpuNs(() => file = newFileBytes(world, type, path, sealed, Watermark.empty())), rows.length);
    const readAt = (offset: number, length: number) => file.subarray(offset, offset + length);
    const metadata = fileEnd(world, { readAt }, file.length)!.metadata;
    const before = process.cpuUsage();
    decodeTable(type, file, metadata, runtime.compression);
    note(`decode from Parquet: ${type.name}`, cpuSince(before), rows.length);
    figures.push({ what: `size: ${type.name}, made-up values`, value: file.length / rows.length, unit: "B/event" });
    figures.push({ what: `size in memory: ${type.name}`, value: bytesOf(sealed) / rows.length, unit: "B/event" });
    if (type.name === "bbo") note("merge: 60 appends to one day file", merges(world, folder, type, rows), MERGES, "ns CPU/merge");
  }
  return figures;
}

function merges(world: Parameters<typeof appendRows>[0], folder: string, type: EventType, rows: readonly EventBase[]): number {
  const table = new Table(type);
  const small = () => {
    for (const event of rows.slice(0, 500)) table.append(event);
    return table.seal();
  };
  const file = world.disk.open(`${folder}/merge.pq`, "create");
  file.append(newFileBytes(world, type, "binance/bbo/X", small(), Watermark.empty().with("h", [1])));
  const cost = cpuNs(() => {
    for (let n = 2; n < MERGES + 2; n++) {
      const end = fileEnd(world, file, file.size())!;
      appendRows(world, file, end, type, "binance/bbo/X", rowsOfTable(small()), end.watermark.with("h", [n]));
    }
  });
  file.close();
  return cost;
}

function cpuNs(run: () => void): number {
  const before = process.cpuUsage();
  run();
  return cpuSince(before);
}

function cpuSince(before: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(before);
  return (user + system) * 1_000;
}
