import type { ColumnChunk, RowGroup } from "hyparquet";
import type { Column, EventBase, EventType } from "../../../events/event_type.ts";
import { unreachable } from "../../../lib/assert.ts";
import type { Compression } from "../../../runtime/runtime.ts";
import type { SealedColumn, SealedTable } from "../table.ts";
import { Bytes } from "./bytes.ts";
import { ChunkWriter, type Place } from "./column_chunk.ts";
import { type ColumnPages, doublePages, flagPages, integerPages, leafPages, listLevels, textPages } from "./column_pages.ts";

/** Row groups ready to be written at an offset, and how the footer names them. */
export interface EncodedGroups {
  readonly bytes: Uint8Array;
  readonly groups: readonly RowGroup[];
  readonly rows: number;
}

const LEVEL = 3; // while the day lasts; the roll takes a stronger one
const BYTES_A_ROW = 24; // about; fresh memory is cleared first, and most tables are small
export const MAGIC = new TextEncoder().encode("PAR1");
export const GROUP_ROWS_MAX = 131_072; // a page a group, but of lists: readers decode one page at a time
export const GROUP_LEVELS_MAX = 1_048_576; // a group of depth rows holds few rows and many levels: 16 MB of pages

/**
 * Tables as row groups. Pages are ZSTD with a content checksum and a CRC; encodings are the column's own. Integers stay doubles on the way:
 * a BigInt a value would cost more than all the rest. The published writer is its oracle in `tests/processing/storage/encode.test.ts`.
 */
export class GroupEncoder {
  readonly #chunks: ChunkWriter;

  constructor(compression: Compression) {
    this.#chunks = new ChunkWriter(compression);
  }

  /** A table as row groups that begin at `offset` of a file. */
  encode<T extends EventBase>(type: EventType<T>, table: SealedTable, offset: number, level: number = LEVEL): EncodedGroups {
    const out = new Bytes(2_048 + BYTES_A_ROW * Math.min(table.rows, 4_096));
    const groups: RowGroup[] = [];
    for (const group of groupSlices(table)) {
      const from = out.length;
      const columns = type.columns.flatMap((column, i) => this.#column({ out, offset, level }, column, group.columns[i]!));
      groups.push({
        columns,
        total_byte_size: columns.reduce((sum, { meta_data }) => sum + meta_data!.total_uncompressed_size, 0n),
        num_rows: BigInt(group.rows),
        file_offset: BigInt(offset + from),
        total_compressed_size: BigInt(out.length - from),
      });
    }
    return { bytes: out.view(), groups, rows: table.rows };
  }

  #column<T>(place: Place, { name, kind, isNullable, encoding }: Column<T>, sealed: SealedColumn): ColumnChunk[] {
    const write = (path: readonly string[], type: "INT64" | "DOUBLE" | "BOOLEAN" | "BYTE_ARRAY", pages: ColumnPages) =>
      this.#chunks.write(place, { path, type, statistics: pages.statistics }, pages.pages, pages.dictionary);
    switch (sealed.kind) {
      case "numbers":
        return kind === "double"
          ? [write([name], "DOUBLE", doublePages(sealed.values, isNullable, encoding))]
          : [write([name], "INT64", integerPages(sealed.values, isNullable))];
      case "flags":
        return [write([name], "BOOLEAN", flagPages(sealed.values))];
      case "texts":
        return [write([name], "BYTE_ARRAY", textPages(sealed.codes, sealed.values, isNullable))];
      case "levels": {
        const levels = listLevels(sealed.counts);
        return [
          write([name, "list", "element", "price"], "DOUBLE", leafPages(sealed.prices, encoding, levels)),
          write([name, "list", "element", "size"], "DOUBLE", leafPages(sealed.sizes, encoding, levels)),
        ];
      }
      default:
        return unreachable(sealed);
    }
  }
}

/** The table in groups of bounded rows and levels, all but the last of them full; nothing is copied. */
export function* groupSlices(table: SealedTable): Generator<SealedTable> {
  const places = table.columns.map(() => 0); // of each list column, the first level that is not yet in a group
  for (let from = 0; from < table.rows;) {
    const to = endOfGroup(table, from);
    yield {
      rows: to - from,
      columns: table.columns.map((column, i) => {
        if (column.kind !== "levels") return slice(column, from, to);
        const counts = column.counts.subarray(from, to);
        const first = places[i]!;
        const last = first + sum(counts);
        places[i] = last;
        return { kind: "levels", counts, prices: column.prices.subarray(first, last), sizes: column.sizes.subarray(first, last) };
      }),
    };
    from = to;
  }
}

function slice(column: Exclude<SealedColumn, { kind: "levels" }>, from: number, to: number): SealedColumn {
  switch (column.kind) {
    case "numbers":
      return { kind: "numbers", values: column.values.subarray(from, to) };
    case "flags":
      return { kind: "flags", values: column.values.subarray(from, to) };
    case "texts":
      return { kind: "texts", codes: column.codes.subarray(from, to), values: column.values };
    default:
      return unreachable(column);
  }
}

function endOfGroup(table: SealedTable, from: number): number {
  let to = Math.min(table.rows, from + GROUP_ROWS_MAX);
  for (const column of table.columns) {
    if (column.kind !== "levels") continue;
    let levels = 0;
    for (let row = from; row < to; row++) {
      levels += column.counts[row]!;
      if (levels > GROUP_LEVELS_MAX && row > from) to = row;
    }
  }
  return to;
}

function sum(counts: Uint32Array): number {
  let total = 0;
  for (const count of counts) total += count;
  return total;
}
