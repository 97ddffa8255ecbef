import { eventTypeOf, OWN_TYPES } from "../../events/registry.ts";
import type { EventType } from "../../events/event_type.ts";
import { sourceOf } from "../../exchanges/registry.ts";
import { decodeSymbol } from "../../lib/symbol_name.ts";
import { US_PER_DAY, US_PER_MS } from "../../lib/time.ts";
import type { Runtime } from "../../runtime/runtime.ts";
import { contentOf, fileEnd, KEY, type StorageWorld, storageWorld } from "./day_file.ts";
import { dayFilesOf, streamFolders } from "./day_tree.ts";
import { decodeTable } from "./parquet/decode.ts";
import { type DayFacts, type Hole, StreamCheck } from "./stream_check.ts";
import type { SealedTable } from "./table.ts";

export interface VerifyOptions {
  readonly dataPath: string;
  /** Only that UTC date. */
  readonly date?: string;
  readonly isWanted: (source: string, type: string, symbol: string) => boolean;
  readonly signal: AbortSignal;
}

/** One day of one stream. */
export interface Verdict extends Omit<DayFacts, "holes"> {
  readonly source: string;
  readonly type: string;
  readonly symbol: string;
  readonly date: string;
  readonly file: string;
  /** Holes the venue's rule proves, and how many of them no `gap` row tells. */
  readonly holes: number;
  readonly holesUntold: number;
  readonly idsMissing: number;
}

/**
 * Reads every page of every day file and checks that what is there is right and what is missing is told. Reads only; a recorder may run
 * beside it.
 */
export async function* verify(runtime: Runtime, options: VerifyOptions): AsyncGenerator<Verdict> {
  const { disk } = runtime;
  const world = storageWorld(runtime, "argus verify");
  for (const { source, type: typeName, symbol } of streamFolders(disk, options.dataPath)) {
    const type = eventTypeOf(typeName);
    if (options.signal.aborted) return;
    if (type === undefined || !options.isWanted(source, typeName, decodeSymbol(symbol))) continue;
    yield* verifyStream(world, options, { source, type, symbol });
  }
}

const PUT_BESIDE = "it was found damaged and put beside the day's new file: rows that are only in it are missing";

interface Stream {
  readonly source: string;
  readonly type: EventType;
  readonly symbol: string;
}

async function* verifyStream(world: StorageWorld, options: VerifyOptions, { source, type, symbol }: Stream): AsyncGenerator<Verdict> {
  const path = `${source}/${type.name}/${symbol}`;
  const channel = sourceOf(source)?.channels.find(({ event }) => event.name === type.name);
  const check = new StreamCheck(type, channel);
  const told = OWN_TYPES.includes(type.name) ? [] : toldHoles(world, options.dataPath, { source, type, symbol });
  for (const { date, file, isCorrupt } of dayFilesOf(world.disk, options.dataPath, path)) {
    const from = Date.parse(`${date}T00:00:00Z`) * US_PER_MS;
    const read = isCorrupt ? PUT_BESIDE : readWhole(world, type, file, { source, symbol });
    const facts = typeof read === "string"
      ? { rows: 0, live: 0, healed: 0, snapshots: 0, holes: [], problems: [read] }
      : check.day(read, from, from + US_PER_DAY);
    if (options.date !== undefined && options.date !== date) continue;
    const { holes, ...rest } = facts;
    yield {
      source,
      type: type.name,
      symbol: decodeSymbol(symbol),
      date,
      file,
      ...rest,
      holes: holes.length,
      holesUntold: holes.filter((hole) => !told.some((each) => tells(each, hole))).length,
      idsMissing: holes.reduce((sum, { afterId, beforeId }) => sum + beforeId - afterId - 1, 0),
    };
  }
}

/** A row without a left edge (the recorder began there) tells of the one hole that ends where it says. */
function tells(told: Hole, hole: Hole): boolean {
  return Number.isNaN(told.afterId) ? told.beforeId === hole.beforeId : told.afterId <= hole.afterId && hole.beforeId <= told.beforeId;
}

/** The edges of every hole that a `gap` row of the symbol tells, whatever day it was told; the left one is NaN where it tells none. */
function toldHoles(world: StorageWorld, dataPath: string, { source, type, symbol }: Stream): Hole[] {
  const gap = eventTypeOf("gap")!;
  const holes: Hole[] = [];
  for (const { file, isCorrupt } of dayFilesOf(world.disk, dataPath, `${source}/gap/${symbol}`)) {
    if (isCorrupt) continue;
    const table = readWhole(world, gap, file, { source, symbol });
    if (typeof table === "string") continue; // told where the gap files themselves are verified
    const column = (field: string) => table.columns[gap.columns.findIndex((each) => each.field === field)]!;
    const [types, after, before] = [column("dataType"), column("afterId"), column("beforeId")];
    if (types.kind !== "texts" || after.kind !== "numbers" || before.kind !== "numbers") continue;
    for (let row = 0; row < table.rows; row++) {
      if (types.values[types.codes[row]! - 1] !== type.name) continue;
      holes.push({ afterId: after.values[row]!, beforeId: before.values[row]! });
    }
  }
  return holes;
}

/** All rows, or why the file cannot be trusted. One that grows meanwhile is read again. */
function readWhole(
  world: StorageWorld,
  type: EventType,
  file: string,
  of: { readonly source: string; readonly symbol: string },
): SealedTable | string {
  let why = "";
  for (let tries = 0; tries < 2; tries++) {
    const bytes = world.disk.read(file);
    const end = fileEnd(world, { readAt: (offset, length) => bytes.subarray(offset, offset + length) }, bytes.length);
    if (end === undefined) {
      why = "its end is missing or not whole";
      continue;
    }
    const content = contentOf(end);
    if (world.compression.crc32(bytes.subarray(0, content.bytes)) !== content.crc) return "its bytes are not those that were written";
    const expected = { [KEY.schema]: `${type.name}/${type.version}`, [KEY.source]: of.source, [KEY.symbol]: decodeSymbol(of.symbol) };
    for (const [key, value] of Object.entries(expected)) {
      if (end.keyValues.get(key) !== value) return `${key} is ${end.keyValues.get(key)}, expected ${value}`;
    }
    try {
      return decodeTable(type, bytes, end.metadata, world.compression);
    } catch (error) {
      return `a page cannot be read: ${error instanceof Error ? error.message : String(error)}`;
    }
  }
  return why;
}
