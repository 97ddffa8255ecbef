import process from "node:process";
import { bbo, type BboEvent } from "../../src/events/bbo.ts";
import type { EventType } from "../../src/events/event_type.ts";
import { US_PER_S } from "../../src/lib/time.ts";
import { fileEnd, storageWorld } from "../../src/processing/storage/day_file.ts";
import { FlushHandler } from "../../src/processing/storage/flush_handler.ts";
import { dayFilePath } from "../../src/processing/storage/paths.ts";
import { rolling } from "../../src/processing/storage/rolling.ts";
import { Table } from "../../src/processing/storage/table.ts";
import type { Disk } from "../../src/runtime/runtime.ts";
import { loadRuntime } from "../../src/runtime/load.ts";
import { mix } from "../../src/sim/venue/mix.ts";
import type { Figure } from "../bench.ts";

const ROWS = 1_000_000;
const MINUTES = 1_440;
const MIDNIGHT = 20_776 * 86_400 * US_PER_S;
const PATH = "binance/bbo/BTCUSDT";
const DATE = "2026-11-19";

/** One busy stream's day, minute by minute as the recorder stores it, and its roll: what is written for what is left, and what it costs. */
export async function day(folder: string): Promise<Figure[]> {
  const runtime = await loadRuntime(new URL("../../src/main.ts", import.meta.url).href);
  const { disk, count } = counted(runtime.disk);
  let minute = 0;
  const clock = { wallTime: () => MIDNIGHT + minute * 60 * US_PER_S, monotonicMs: () => minute * 60_000 };
  const world = storageWorld({ disk, compression: runtime.compression, clock }, "argus bench");
  const handler = new FlushHandler(world, bbo, { dataPath: folder, source: "binance", flushIntervalMs: 60_000, tell: () => {} });
  handler.bump_all("g1");
  const table = new Table(bbo);
  const quotes = quotesOf();
  let [merges, worstMs, groups] = [0, 0, 0];
  const before = process.cpuUsage();
  let making = 0;
  for (minute = 1; minute <= MINUTES; minute++) {
    const made = process.cpuUsage();
    for (let i = Math.floor(ROWS * (minute - 1) / MINUTES); i < Math.floor(ROWS * minute / MINUTES); i++) {
      table.append(quotes.next().value!);
    }
    making += cpuMs(made);
    handler.accept("BTCUSDT", "g1", minute, table.seal());
    if (!handler.isDue("BTCUSDT") && minute < MINUTES) continue;
    const started = performance.now();
    handler.flushAll("BTCUSDT");
    worstMs = Math.max(worstMs, performance.now() - started);
    merges++;
    groups = Math.max(groups, groupsIn(world, `${folder}/${PATH}/2026/${DATE}.pq`));
  }
  const storing = cpuMs(before) - making;
  const grown = disk.stat(dayFilePath(folder, PATH, DATE))!.bytes;
  const roll = roller(world, folder);
  const final = disk.stat(dayFilePath(folder, PATH, DATE))!.bytes;
  return [
    { what: "a day of 1M bbo rows: chunks and merges", value: storing / 1_000, unit: "s CPU" },
    { what: "a day of 1M bbo rows: merges", value: merges, unit: "" },
    { what: "a day of 1M bbo rows: longest merge", value: worstMs, unit: "ms wall" },
    { what: "a day of 1M bbo rows: row groups at most", value: groups, unit: "" },
    { what: "a day of 1M bbo rows: day file, grown", value: grown / ROWS, unit: "B/row" },
    { what: "a day of 1M bbo rows: day file, rolled", value: final / ROWS, unit: "B/row" },
    { what: "a day of 1M bbo rows: roll", value: roll.cpuMs * 1e6 / ROWS, unit: "ns CPU/row" },
    { what: "a day of 1M bbo rows: longest slice of the roll", value: roll.worstMs, unit: "ms wall" },
    { what: "a day of 1M bbo rows: bytes written, chunks too, for a byte left", value: count.bytes / final, unit: "" },
    { what: "a day of 1M bbo rows: the same without chunks", value: (count.bytes - count.chunkBytes) / final, unit: "" },
  ];
}

function roller(world: Parameters<typeof rolling>[0], dataPath: string): { readonly cpuMs: number; readonly worstMs: number } {
  const steps = rolling(world, bbo as unknown as EventType, { dataPath, path: PATH, date: DATE });
  const before = process.cpuUsage();
  for (let worstMs = 0;;) {
    const started = performance.now();
    const { done, value } = steps.next();
    worstMs = Math.max(worstMs, performance.now() - started);
    if (done !== true) continue;
    if (value.what !== "rolled" || value.rows !== ROWS) throw new Error(`the roll ended with ${JSON.stringify(value)}`);
    return { cpuMs: cpuMs(before), worstMs };
  }
}

/** Prices that wander, sizes and times that are hard to pack. */
function* quotesOf(): Generator<BboEvent, never> {
  let price = 6_000_000;
  for (let n = 0, updateId = 5e10;; n++) {
    const random = mix(11, n);
    if (random % 4 === 0) price += random % 21 - 10;
    updateId += 1 + random % 9;
    yield {
      recvTime: MIDNIGHT + Math.floor(n * 86_400 * US_PER_S / ROWS) + random % 40_000,
      eventTime: undefined,
      source: "binance",
      symbol: "BTCUSDT",
      updateId,
      bidPrice: price / 100,
      bidSize: (1 + mix(12, n >> 1) % 400_000) / 1e5,
      askPrice: (price + 1) / 100,
      askSize: (1 + mix(13, n + 1 >> 1) % 400_000) / 1e5,
      origin: "live",
    };
  }
}

function groupsIn(world: Parameters<typeof rolling>[0], path: string): number {
  const file = world.disk.open(path, "read");
  try {
    return fileEnd(world, file, file.size())!.metadata.row_groups.length;
  } finally {
    file.close();
  }
}

function counted(disk: Disk) {
  const count = { bytes: 0, chunkBytes: 0 };
  const open: Disk["open"] = (path, mode) => {
    const file = disk.open(path, mode);
    return {
      path: file.path,
      size: () => file.size(),
      readAt: (offset, length) => file.readAt(offset, length),
      append: (bytes) => {
        count.bytes += bytes.length;
        if (path.endsWith(".part")) count.chunkBytes += bytes.length;
        return file.append(bytes);
      },
      truncate: (length) => file.truncate(length),
      sync: () => file.sync(),
      close: () => file.close(),
    };
  };
  return { disk: { ...disk, open }, count };
}

function cpuMs(before: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1_000;
}
