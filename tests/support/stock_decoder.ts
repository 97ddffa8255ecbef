import { type FileMetaData, parquetRead } from "hyparquet";
import type { EventBase, EventType } from "../../src/events/event_type.ts";
import type { Compression } from "../../src/runtime/runtime.ts";
import { columnBuffer } from "../../src/processing/storage/column_buffer.ts";
import type { SealedTable } from "../../src/processing/storage/table.ts";

/** All rows of a Parquet file of ours as the published reader reads them: the oracle of `decodeTable`. Rejects for what cannot be read whole. */
export async function stockTable<T extends EventBase>(
  type: EventType<T>,
  file: Uint8Array,
  metadata: FileMetaData,
  compression: Compression,
): Promise<SealedTable> {
  const buffers = new Map(type.columns.map((column) => [column.name, columnBuffer(column.kind)]));
  const runs: { readonly name: string; readonly rowFrom: number; readonly values: ArrayLike<unknown> }[] = [];
  await parquetRead({
    file: { byteLength: file.length, slice: (from, to) => file.slice(from, to).buffer as ArrayBuffer },
    metadata,
    compressors: { ZSTD: (bytes, length) => compression.unzstd(bytes, length) },
    parsers: { timestampFromMicroseconds: (micros) => micros },
    geoparquet: false,
    onChunk: ({ columnName, columnData, rowStart }) => runs.push({ name: columnName, rowFrom: rowStart, values: columnData }),
  });
  runs.sort((a, b) => a.rowFrom - b.rowFrom);
  for (const { name, values } of runs) {
    const buffer = buffers.get(name);
    if (buffer === undefined) throw new RangeError(`column ${name} is none of ${type.name}`);
    for (let i = 0; i < values.length; i++) buffer.push(fieldOf(values[i]));
  }
  const rows = Number(metadata.num_rows);
  return { rows, columns: type.columns.map(({ name }) => buffers.get(name)!.seal()) };
}

/** A decoded value as an event's field holds it. */
function fieldOf(value: unknown): unknown {
  if (value === null) return undefined;
  if (typeof value === "bigint") return Number(value);
  if (Array.isArray(value)) return value.map(({ price, size }) => [price, size]);
  return value;
}
