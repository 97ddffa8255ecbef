import { type FileMetaData, parquetRead } from "hyparquet";
import type { EventBase, EventType } from "../../src/events/event_type.ts";
import type { Compression } from "../../src/runtime/runtime.ts";
import { type SealedTable, Table } from "../../src/processing/storage/table.ts";

/** All rows of a Parquet file of ours as the published reader reads them: the oracle of `decodeTable`. Rejects for what cannot be read whole. */
export async function stockTable<T extends EventBase>(
  type: EventType<T>,
  file: Uint8Array,
  metadata: FileMetaData,
  compression: Compression,
): Promise<SealedTable> {
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
  const events = Array.from({ length: Number(metadata.num_rows) }, (): Record<string, unknown> => ({}));
  for (const { name, rowFrom, values } of runs) {
    const field = type.columns.find((column) => column.name === name)?.field;
    if (field === undefined) throw new RangeError(`column ${name} is none of ${type.name}`);
    for (let i = 0; i < values.length; i++) events[rowFrom + i]![field] = fieldOf(values[i]);
  }
  const table = new Table(type);
  for (const event of events) table.append(event as unknown as T);
  return table.seal();
}

/** A decoded value as an event's field holds it. */
function fieldOf(value: unknown): unknown {
  if (value === null) return undefined;
  if (typeof value === "bigint") return Number(value);
  if (Array.isArray(value)) return value.map(({ price, size }) => [price, size]);
  return value;
}
