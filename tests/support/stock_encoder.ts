import { type ColumnSource, ParquetWriter } from "hyparquet-writer";
import { ByteWriter } from "hyparquet-writer/src/bytewriter.js";
import type { Column, EventBase, EventType } from "../../src/events/event_type.ts";
import { toSchema } from "../../src/events/to_schema.ts";
import { unreachable } from "../../src/lib/assert.ts";
import type { Compression } from "../../src/runtime/runtime.ts";
import { type EncodedGroups, MAGIC } from "../../src/processing/storage/parquet/encode.ts";
import type { SealedColumn, SealedTable } from "../../src/processing/storage/table.ts";

const ZSTD_LEVEL = 3;
const GROUP_ROWS_MAX = 131_072;
const PAGE_BYTES = 1 << 20;

/** The same row groups from the published writer: the oracle of ours. */
export function stockGroups<T extends EventBase>(
  type: EventType<T>,
  table: SealedTable,
  compression: Compression,
  offset: number,
): EncodedGroups {
  const writer = new ByteWriter();
  writer.offset = offset - MAGIC.length; // the writer begins with the magic of a new file, which is cut off again
  const parquet = new ParquetWriter({
    writer,
    schema: toSchema(type as unknown as EventType),
    codec: "ZSTD",
    compressors: { ZSTD: (bytes) => compression.zstd(bytes, ZSTD_LEVEL) },
  });
  const columnData = type.columns.map((column, i) => columnSource(column, table.columns[i]!));
  void parquet.write({ columnData, rowGroupSize: GROUP_ROWS_MAX, pageSize: PAGE_BYTES }); // a ByteWriter is never waited for
  return { bytes: writer.getBytes().slice(MAGIC.length), groups: parquet.row_groups, rows: table.rows };
}

function columnSource<T>(column: Column<T>, sealed: SealedColumn): ColumnSource {
  const { name } = column;
  // No page indexes: they would lie between the groups and the footer, and an append would have to move them.
  const plain = { name, offsetIndex: false, columnIndex: false };
  switch (sealed.kind) {
    case "numbers":
      if (column.kind === "double") {
        const data = column.isNullable ? Array.from(sealed.values, (value) => Number.isNaN(value) ? null : value) : sealed.values;
        // Prices repeat, so the writer chooses between a dictionary and plain by what it sees.
        return column.encoding === "dictionary" && !hasNegativeZero(sealed.values)
          ? { ...plain, data }
          : { ...plain, data, encoding: "PLAIN" };
      }
      return {
        ...plain,
        data: Array.from(sealed.values, (value) => Number.isNaN(value) ? null : BigInt(value)),
        encoding: "DELTA_BINARY_PACKED",
      };
    case "flags":
      return { ...plain, data: Array.from(sealed.values, (value) => value === 1), encoding: "RLE" };
    case "texts":
      return {
        ...plain,
        data: Array.from(sealed.codes, (code) => code === 0 ? null : sealed.values[code - 1]!),
        encoding: "RLE_DICTIONARY",
      };
    case "levels": {
      const isPlain = hasNegativeZero(sealed.prices) || hasNegativeZero(sealed.sizes);
      return { ...plain, data: levelRows(sealed), ...(isPlain ? { encoding: "PLAIN" } : {}) };
    }
    default:
      return unreachable(sealed);
  }
}

/** The writer's dictionary takes −0 for 0. */
function hasNegativeZero(values: Float64Array): boolean {
  return values.some((value) => value === 0 && 1 / value < 0);
}

function levelRows({ counts, prices, sizes }: Extract<SealedColumn, { kind: "levels" }>): { price: number; size: number }[][] {
  const rows: { price: number; size: number }[][] = [];
  let at = 0;
  for (const count of counts) {
    const levels: { price: number; size: number }[] = [];
    for (const end = at + count; at < end; at++) levels.push({ price: prices[at]!, size: sizes[at]! });
    rows.push(levels);
  }
  return rows;
}
