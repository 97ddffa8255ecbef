/** socket ▸ worker ▸ codec ▸ router ▸ path ▸ buffer ▸ [chunk] ▸ day file.  In: a sealed table. Out: a small Parquet file under tmp/. */
import type { EventType } from "../../events/event_type.ts";
import { partsOf } from "../../lib/stream_path.ts";
import { decodeSymbol } from "../../lib/symbol_name.ts";
import { dateOf, nextMidnight, US_PER_DAY } from "../../lib/time.ts";
import { StorageError } from "../../lib/errors.ts";
import { type FileEnd, fileEnd, KEY, newFile, type StorageWorld } from "./day_file.ts";
import { createFile } from "./files.ts";
import { decodeTable } from "./parquet/decode.ts";
import type { EncodedGroups } from "./parquet/encode.ts";
import { bytesSource } from "./parquet/read_group.ts";
import { type ChunkId, chunkPath } from "./paths.ts";
import type { SealedTable } from "./table.ts";
import { Watermark } from "./watermark.ts";

/** Rows of one chunk and the UTC date all of them belong to. */
export interface Chunk {
  readonly date: string;
  readonly table: SealedTable;
}

/**
 * Writes a chunk under its final name; it survives the death of the process when this returns. It is not synced: thousands of files a
 * minute cannot be, and its rows leave for the day file, which is.
 */
export function writeChunk(world: StorageWorld, type: EventType, dataPath: string, id: ChunkId, encoded: EncodedGroups): number {
  const { bytes } = newFile(world, type, id.path, encoded, Watermark.empty().with(id.hash, [id.chunk]));
  const target = chunkPath(dataPath, id);
  const unfinished = `${target}.part`;
  const file = createFile(world.disk, unfinished);
  try {
    file.append(bytes);
  } finally {
    file.close();
  }
  world.disk.rename(unfinished, target);
  return bytes.length;
}

/**
 * The chunk; undefined where somebody deleted it; or why it cannot be read: a power cut may leave half a file. Throws StorageError where
 * the disk refuses.
 */
export function readChunk(world: StorageWorld, type: EventType, dataPath: string, id: ChunkId): Chunk | string | undefined {
  const bytes = bytesOf(world, chunkPath(dataPath, id));
  if (bytes === undefined || typeof bytes === "string") return bytes;
  const end = fileEnd(world, bytesSource(bytes), bytes.length);
  if (end === undefined) return bytes.length === 0 ? "it is empty" : "its end is missing or not whole";
  const named = wrongName(type, id, end);
  if (named !== undefined) return named;
  try {
    const table = decodeTable(type, bytes, end.metadata, world.compression);
    const wrong = wrongDates(type, table, world.clock.wallTime());
    return wrong ?? { date: dateOf(timeOfTable(type, table)), table };
  } catch (error) {
    return error instanceof Error ? error.message : String(error); // a page whose checksum or length is wrong, say
  }
}

/** A chunk of another stream, generation or version under this name. */
function wrongName(type: EventType, { path, hash, chunk }: ChunkId, { watermark, keyValues }: FileEnd): string | undefined {
  const { source, symbol } = partsOf(path);
  const own = Watermark.empty().with(hash, [chunk]);
  if (String(watermark) !== String(own)) return `it is chunk ${watermark}, not ${own}`;
  const expected = { [KEY.schema]: `${type.name}/${type.version}`, [KEY.source]: source, [KEY.symbol]: decodeSymbol(symbol) };
  for (const [key, value] of Object.entries(expected)) {
    if (keyValues.get(key) !== value) return `its ${key} is ${keyValues.get(key)}, not ${value}`;
  }
  return undefined;
}

/** Rows of no day, of several, or of one that has not begun anywhere on earth. */
function wrongDates(type: EventType, table: SealedTable, wallTime: number): string | undefined {
  if (table.rows === 0) return "it has no rows";
  const column = table.columns[type.columns.findIndex(({ field }) => field === "recvTime")];
  const times = column?.kind === "numbers" ? column.values : new Float64Array(0);
  const until = nextMidnight(times[0]!);
  const other = times.findIndex((time) => !(time < until && time >= until - US_PER_DAY));
  if (other >= 0) return `row ${other} is not of the day of the first one`;
  return until - US_PER_DAY > wallTime + US_PER_DAY ? `its day, ${dateOf(times[0]!)}, is in the future` : undefined;
}

/** When its first row was received. A chunk never crosses midnight, so that says the date too. */
export function timeOfTable(type: EventType, table: SealedTable): number {
  const recvTimes = table.columns[type.columns.findIndex(({ field }) => field === "recvTime")];
  return recvTimes?.kind === "numbers" ? recvTimes.values[0]! : NaN;
}

const UNREADABLE = ["EACCES", "EPERM", "EISDIR"]; // also when tried again

function bytesOf({ disk }: StorageWorld, path: string): Uint8Array | string | undefined {
  try {
    return disk.read(path);
  } catch (error) {
    if (!(error instanceof StorageError)) throw error;
    if (error.code === "ENOENT") return undefined;
    if (UNREADABLE.includes(error.code)) return error.message;
    throw error;
  }
}
