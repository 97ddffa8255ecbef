/** socket ▸ worker ▸ codec ▸ router ▸ path ▸ buffer ▸ [chunk] ▸ day file.  In: a sealed table. Out: a small Parquet file under tmp/. */
import type { EventType } from "../../events/event_type.ts";
import { dateOf } from "../../lib/time.ts";
import { StorageError } from "../../lib/errors.ts";
import { fileEnd, newFileBytes, type StorageWorld } from "./day_file.ts";
import { createFile } from "./files.ts";
import { decodeTable } from "./parquet/decode.ts";
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
export function writeChunk(world: StorageWorld, type: EventType, dataPath: string, id: ChunkId, table: SealedTable): number {
  const bytes = newFileBytes(world, type, id.path, table, Watermark.empty().with(id.hash, [id.chunk]));
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
  if (bytes === undefined) return undefined;
  const end = fileEnd(world, { readAt: (offset, length) => bytes.subarray(offset, offset + length) }, bytes.length);
  if (end === undefined) return "its end is missing or not whole";
  if (!end.watermark.has(id.hash, id.chunk)) return `it is chunk ${end.watermark}, not ${id.hash}:${id.chunk}`;
  try {
    const table = decodeTable(type, bytes, end.metadata, world.compression);
    return { date: dateOfTable(type, table), table };
  } catch (error) {
    return error instanceof Error ? error.message : String(error); // a page whose checksum or length is wrong, say
  }
}

/** A chunk never crosses midnight, so its first row says the date. */
export function dateOfTable(type: EventType, table: SealedTable): string {
  const recvTimes = table.columns[type.columns.findIndex(({ field }) => field === "recvTime")];
  return dateOf(recvTimes?.kind === "numbers" ? recvTimes.values[0]! : NaN);
}

function bytesOf({ disk }: StorageWorld, path: string): Uint8Array | undefined {
  try {
    return disk.read(path);
  } catch (error) {
    if (error instanceof StorageError && error.code === "ENOENT") return undefined;
    throw error;
  }
}
