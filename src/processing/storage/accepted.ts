import type { EventType } from "../../events/event_type.ts";
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
  readonly memoryBytes: number;
}

const KEPT_BYTES_MAX = 8 * 1024 * 1024; // of a type
const GROUP_COLUMN_BYTES = 600; // what says where a column lies and what is in it, measured; a chunk of few rows is little else

/**
 * Chunks of this process, as they were encoded, until they are merged: what was just written need not be read and decoded again. The file
 * is what counts: where it is gone, or of another size, nothing is known of it here. What comes when there is no room is not kept, rather
 * than the oldest let go: that one is merged next.
 */
export class Accepted {
  readonly #world: StorageWorld;
  readonly #type: EventType;
  readonly #dataPath: string;
  readonly #chunks = new Map<string, AcceptedChunk>();
  #bytes = 0;

  constructor(world: StorageWorld, type: EventType, dataPath: string) {
    this.#world = world;
    this.#type = type;
    this.#dataPath = dataPath;
  }

  keep(id: ChunkId, table: SealedTable, encoded: EncodedGroups, fileBytes: number): void {
    this.forget(id);
    const memoryBytes = encoded.groups.reduce((sum, { columns }) => sum + GROUP_COLUMN_BYTES * columns.length, fileBytes);
    if (this.#bytes + memoryBytes > KEPT_BYTES_MAX) return;
    const own = { ...encoded, bytes: encoded.bytes.slice() }; // the encoder's buffer has room for more
    const rows = rowsOfGroups(this.#type, this.#world.compression, own, digestOf(this.#world.compression, table));
    this.#chunks.set(keyOf(id), { date: dateOf(timeOfTable(this.#type, table)), rows, fileBytes, memoryBytes });
    this.#bytes += memoryBytes;
  }

  /** Undefined for a chunk that must be read. */
  get(id: ChunkId): AcceptedChunk | undefined {
    const chunk = this.#chunks.get(keyOf(id));
    if (chunk === undefined || this.#world.disk.stat(chunkPath(this.#dataPath, id))?.bytes === chunk.fileBytes) return chunk;
    this.forget(id);
    return undefined;
  }

  forget(id: ChunkId): void {
    const chunk = this.#chunks.get(keyOf(id));
    if (chunk === undefined) return;
    this.#chunks.delete(keyOf(id));
    this.#bytes -= chunk.memoryBytes;
  }
}

function keyOf({ path, hash, chunk }: ChunkId): string {
  return `${path} ${hash} ${chunk}`;
}
