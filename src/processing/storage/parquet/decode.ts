import type { FileMetaData } from "hyparquet";
import type { EventBase, EventType } from "../../../events/event_type.ts";
import type { Compression } from "../../../runtime/runtime.ts";
import { concatTables, type SealedTable } from "../table.ts";
import { bytesSource, readGroup } from "./read_group.ts";

/**
 * All rows of a Parquet file of ours, from its bytes. Throws for what cannot be read whole. The published reader is its oracle in
 * `tests/processing/storage/read.test.ts`.
 */
export function decodeTable<T extends EventBase>(
  type: EventType<T>,
  file: Uint8Array,
  metadata: FileMetaData,
  compression: Compression,
): SealedTable {
  const source = bytesSource(file);
  return concatTables(type, metadata.row_groups.map((group) => readGroup(type, source, group, compression)));
}
