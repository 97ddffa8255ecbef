import process from "node:process";
import { bbo } from "../../src/events/bbo.ts";
import { depth } from "../../src/events/depth.ts";
import type { EventType } from "../../src/events/event_type.ts";
import { US_PER_DAY } from "../../src/lib/time.ts";
import { HistoryReader, OFFLINE } from "../../src/processing/pts/history_reader.ts";
import { appendRows, fileEnd, newFileBytes, storageWorld } from "../../src/processing/storage/day_file.ts";
import { rowsOfTable } from "../../src/processing/storage/rows.ts";
import { dayFilePath } from "../../src/processing/storage/paths.ts";
import type { SealedColumn, SealedTable } from "../../src/processing/storage/table.ts";
import { Watermark } from "../../src/processing/storage/watermark.ts";
import { loadRuntime } from "../../src/runtime/load.ts";
import { mix } from "../../src/sim/venue/mix.ts";
import { shareOf } from "../../tests/support/share_of.ts";
import type { Figure } from "../bench.ts";

const ROWS = 5_000_000;
const APPENDED = 100_000;
const MIDNIGHT = 20_776 * US_PER_DAY;
const DATE = "2026-11-19";
const STEP = US_PER_DAY / ROWS;
const BOOK_LEVELS = 2_000; // of each side of a whole book
const CHANGED = 3; // levels of each side of a row
const HOUR = ROWS / 24 | 0; // rows
const ANCHORED = 300_000 / (2 * CHANGED); // rows after which the recorder fetches a busy book anew (`book_anchor_changes`)
const QUESTIONS = 1_000;
const LEVELS = 20; // of each side of the book asked for

const ROUNDS = [
  { how: "anywhere, nothing kept", moments: anywhere(100), isKept: false, before: "nothing" },
  { how: "anywhere", moments: anywhere(QUESTIONS), isKept: true, before: "nothing" },
  { how: "anywhere, asked before", moments: anywhere(QUESTIONS), isKept: true, before: "asked" },
  { how: "anywhere, the day's books kept", moments: anywhere(QUESTIONS), isKept: true, before: "ahead" },
  { how: "one after the other", moments: nearby(), isKept: true, before: "nothing" },
] as const;

type ColumnOf = (name: string, from: number, rows: number) => SealedColumn;

const STREAMS = [
  { what: "bbo", type: bbo, columnOf: quoteColumn },
  { what: "depth", type: depth, columnOf: depthColumn(ANCHORED) },
  { what: "depth with a whole book an hour only", type: depth, columnOf: depthColumn(HOUR) },
] as const;

/** One stream's day of five million rows, and what one moment of it costs: anywhere, and soon after the last one. */
export async function asOf(folder: string): Promise<Figure[]> {
  const runtime = await loadRuntime(new URL("../../src/main.ts", import.meta.url).href);
  const world = storageWorld(runtime, "argus bench");
  const figures: Figure[] = [];
  for (const { what, type, columnOf } of STREAMS) {
    const path = `binance/${type.name}/BTCUSDT`;
    const dataPath = `${folder}/${what}`;
    write(world, dataPath, path, type as never, columnOf);
    for (const { how, moments, isKept, before } of ROUNDS) {
      let reader = new HistoryReader(runtime, dataPath);
      reader.asOf(path, MIDNIGHT + US_PER_DAY / 2, OFFLINE); // compiled, and the footer decoded
      if (before === "asked") { for (const at of moments) reader.asOf(path, at, OFFLINE); }
      if (before === "ahead") {
        if (type.name !== depth.name) continue;
        const cpu = process.cpuUsage();
        const steps = [...reader.booksAhead(path, MIDNIGHT, OFFLINE)].length;
        const { user, system } = process.cpuUsage(cpu);
        figures.push({
          what: `asof, ${what}, a day of 5M rows: its books kept, ${steps} steps`,
          value: (user + system) / 1_000,
          unit: "ms CPU",
        });
      }
      const took = { wall: [] as number[], CPU: [] as number[] };
      for (const at of moments) {
        if (!isKept) reader = new HistoryReader(runtime, dataPath);
        const [cpu, started] = [process.cpuUsage(), performance.now()];
        const { event } = reader.asOf(path, at, OFFLINE, LEVELS);
        took.wall.push(performance.now() - started);
        const { user, system } = process.cpuUsage(cpu);
        took.CPU.push((user + system) / 1_000);
        if (event === undefined || event.recvTime > at || event.recvTime < at - 2 * STEP) {
          throw new Error(`asof ${at} answered ${event?.recvTime}`);
        }
      }
      for (const [clock, ms] of Object.entries(took)) {
        const sorted = ms.toSorted((a, b) => a - b);
        for (const [share, name] of [[0.5, "half"], [0.99, "99 %"]] as const) {
          const value = shareOf(sorted, share)!;
          figures.push({ what: `asof, ${what}, a day of 5M rows, ${how}: ${name} of them within`, value, unit: `ms ${clock}` });
        }
      }
    }
  }
  return figures;
}

function anywhere(count: number): number[] {
  return Array.from({ length: count }, (_, n) => MIDNIGHT + US_PER_DAY / ROWS * (1_000 + mix(5, n) % (ROWS - 2_000)) + 1);
}

/** An hour, in steps of 3.6 s. */
function nearby(): number[] {
  return Array.from({ length: QUESTIONS }, (_, n) => MIDNIGHT + 13.5 * 3_600e6 + n * 3.6e6);
}

function write(world: ReturnType<typeof storageWorld>, folder: string, path: string, type: EventType, columnOf: ColumnOf): void {
  const target = dayFilePath(folder, path, DATE);
  world.disk.makeFolder(target.slice(0, target.lastIndexOf("/")));
  const tableAt = (from: number): SealedTable => ({
    rows: APPENDED,
    columns: type.columns.map(({ name }) => columnOf(name, from, APPENDED)),
  });
  const file = world.disk.open(target, "create");
  file.append(newFileBytes(world, type, path, tableAt(0), Watermark.empty()));
  for (let from = APPENDED; from < ROWS; from += APPENDED) {
    appendRows(world, file, fileEnd(world, file, file.size())!, type, path, rowsOfTable(tableAt(from)), Watermark.empty());
  }
  file.close();
}

function common(name: string, from: number, rows: number): SealedColumn {
  switch (name) {
    case "recv_time":
      return numbers(rows, (i) => MIDNIGHT + Math.floor((from + i) * STEP) + mix(1, from + i) % 2_000);
    case "event_time":
    case "prev_update_id":
      return numbers(rows, () => NaN);
    case "source":
      return text(rows, "binance");
    case "symbol":
      return text(rows, "BTCUSDT");
    case "origin":
      return text(rows, "live");
    default:
      throw new Error(`the bench has no column ${name}`);
  }
}

function quoteColumn(name: string, from: number, rows: number): SealedColumn {
  if (name === "update_id") return numbers(rows, (i) => 5e10 + 5 * (from + i) + mix(2, from + i) % 5);
  if (name.endsWith("_price")) return numbers(rows, (i) => priceAt(from + i) + (name.startsWith("ask") ? 0.01 : 0));
  if (name.endsWith("_size")) return numbers(rows, (i) => (1 + mix(name.length, from + i >> 1) % 400_000) / 1e5);
  return common(name, from, rows);
}

/** `every`: rows between two whole books; each stands between two changes and has the id of the one before. */
function depthColumn(every: number): ColumnOf {
  const isWhole = (row: number) => row % every === 0;
  return (name, from, rows) => {
    switch (name) {
      case "first_update_id":
        return numbers(rows, (i) => isWhole(from + i) ? NaN : from + i + (isWhole(from + i - 1) ? 0 : 1));
      case "last_update_id":
        return numbers(rows, (i) => isWhole(from + i) ? from + i : from + i + 1);
      case "is_snapshot":
        return { kind: "flags", values: Uint8Array.from({ length: rows }, (_, i) => isWhole(from + i) ? 1 : 0) };
      case "bids":
      case "asks":
        return levels(name === "bids" ? -1 : 1, from, rows, isWhole);
      default:
        return common(name, from, rows);
    }
  };
}

function levels(side: 1 | -1, from: number, rows: number, isWhole: (row: number) => boolean): SealedColumn {
  const counts = Uint32Array.from({ length: rows }, (_, i) => isWhole(from + i) ? BOOK_LEVELS : CHANGED);
  const total = counts.reduce((sum, count) => sum + count, 0);
  const [prices, sizes] = [new Float64Array(total), new Float64Array(total)];
  for (let row = 0, at = 0; row < rows; row++) {
    for (let k = 0; k < counts[row]!; k++, at++) {
      const random = mix(7 + side, 8_192 * (from + row) + k);
      const ticks = 1 + (isWhole(from + row) ? k : random % (random % 3 === 0 ? BOOK_LEVELS : 40));
      const price = priceAt(from + row);
      // A level the price passes is taken back, as a market does: the sides of a book do not cross.
      const isPassed = k === 0 && !isWhole(from + row) && side * (price - priceAt(from + row - 1)) > 0;
      prices[at] = isPassed ? price : Math.round(100 * price + side * ticks) / 100;
      sizes[at] = isPassed || (random % 5 === 0 && !isWhole(from + row)) ? 0 : (1 + random % 400_000) / 1e5;
    }
  }
  return { kind: "levels", counts, prices, sizes };
}

function priceAt(row: number): number {
  return 60_000 + Math.round(40_000 * Math.sin(row / 400_000)) / 100;
}

function numbers(rows: number, at: (i: number) => number): SealedColumn {
  return { kind: "numbers", values: Float64Array.from({ length: rows }, (_, i) => at(i)) };
}

function text(rows: number, value: string): SealedColumn {
  return { kind: "texts", codes: new Uint32Array(rows).fill(1), values: [value] };
}
