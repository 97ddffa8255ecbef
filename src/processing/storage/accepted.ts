import type { EventType } from "../../events/event_type.ts";
import { Lru } from "../../lib/lru.ts";
import { dateOf } from "../../lib/time.ts";
import { timeOfTable } from "./chunk_file.ts";
import type { StorageWorld } from "./day_file.ts";
import type { EncodedGroups } from "./parquet/encode.ts";
import { type ChunkId, chunkPath } from "./paths.ts";
import { digestOf } from "./row_digest.ts";
import { type Rows, rowsOfGroups } from "./rows.ts";
import type { SealedTable } from "./table.ts";

export interface AcceptedChunk {
  readonly date: string;
  readonly rows: Rows;
  readonly fileBytes: number;
}

const KEPT_BYTES_MAX = 8 * 1024 * 1024; // of a type, as they are on disk: half a million rows

/**
 * Chunks of this process, as they were encoded, until they are merged: what was just written need not be read and decoded again. The file
 * is what counts: where it is gone, or of another size, nothing is known of it here.
 */
export class Accepted {
  readonly #world: StorageWorld;
  readonly #type: EventType;
  readonly #dataPath: string;
  readonly #chunks = new Lru<AcceptedChunk>(KEPT_BYTES_MAX);

  constructor(world: StorageWorld, type: EventType, dataPath: string) {
    this.#world = world;
    this.#type = type;
    this.#dataPath = dataPath;
  }

  keep(id: ChunkId, table: SealedTable, encoded: EncodedGroups, fileBytes: number): void {
    const own = { ...encoded, bytes: encoded.bytes.slice() }; // the encoder's buffer has room for more
    const rows = rowsOfGroups(this.#type, this.#world.compression, own, digestOf(this.#world.compression, table));
    this.#chunks.set(keyOf(id), { date: dateOf(timeOfTable(this.#type, table)), rows, fileBytes }, fileBytes);
  }

  /** Undefined for a chunk that must be read. */
  get(id: ChunkId): AcceptedChunk | undefined {
    const chunk = this.#chunks.get(keyOf(id));
    return chunk !== undefined && this.#world.disk.stat(chunkPath(this.#dataPath, id))?.bytes === chunk.fileBytes ? chunk : undefined;
  }

  forget(id: ChunkId): void {
    this.#chunks.delete(keyOf(id));
  }
}

function keyOf({ path, hash, chunk }: ChunkId): string {
  return `${path} ${hash} ${chunk}`;
}
