import type { RowGroup } from "hyparquet";
import type { Column, EventBase, EventType } from "../../../events/event_type.ts";
import type { Compression } from "../../../runtime/runtime.ts";
import type { SealedColumn, SealedTable } from "../table.ts";
import { type Leaf, readLeaf } from "./read_column.ts";

/** Anything bytes can be read of at an offset: a file, or the bytes of one. */
export interface ByteSource {
  readAt(offset: number, length: number): Uint8Array;
}

export function bytesSource(bytes: Uint8Array): ByteSource {
  return { readAt: (offset, length) => bytes.subarray(offset, offset + length) };
}

/** All columns of one row group. Throws for what cannot be read whole. */
export function readGroup<T extends EventBase>(
  type: EventType<T>,
  source: ByteSource,
  group: RowGroup,
  compression: Compression,
): SealedTable {
  return { rows: Number(group.num_rows), columns: type.columns.map((column) => readColumn(column, source, group, compression)) };
}

/** One column of one row group; only its own bytes are read. Throws for what cannot be read whole. */
export function readColumn<T>(column: Column<T>, source: ByteSource, group: RowGroup, compression: Compression): SealedColumn {
  const rows = Number(group.num_rows);
  const leaf = (path: string) => leafAt(path, source, group, compression);
  if (column.kind === "levels") {
    return levelsColumn(leaf(`${column.name}.list.element.price`), leaf(`${column.name}.list.element.size`), rows);
  }
  const flat = leaf(column.name);
  if (flat.slots !== rows || flat.repeats !== undefined) throw new RangeError(`${column.name} has ${flat.slots} values for ${rows} rows`);
  return flatColumn(flat, column.name);
}

function leafAt(path: string, source: ByteSource, { columns }: RowGroup, compression: Compression): Leaf {
  const metadata = columns.find(({ meta_data }) => meta_data?.path_in_schema.join(".") === path)?.meta_data;
  if (metadata === undefined) throw new RangeError(`column ${path} is missing`);
  const from = Number(metadata.dictionary_page_offset ?? metadata.data_page_offset);
  return readLeaf(source.readAt(from, Number(metadata.total_compressed_size)), metadata, compression);
}

function flatColumn({ slots, defined, values }: Leaf, name: string): SealedColumn {
  switch (values.kind) {
    case "numbers":
      return { kind: "numbers", values: defined === undefined ? values.values : spread(values.values, defined) };
    case "flags":
      if (defined !== undefined) throw new RangeError(`${name} has nulls`);
      return values;
    case "texts": {
      const codes = new Uint32Array(slots);
      let at = 0;
      for (let i = 0; i < slots; i++) if (defined === undefined || defined[i] === 1) codes[i] = values.places[at++]! + 1;
      return { kind: "texts", codes, values: values.texts };
    }
  }
}

/** Values to their slots; the others are null. */
function spread(values: Float64Array<ArrayBuffer>, defined: Uint8Array): Float64Array<ArrayBuffer> {
  const out = new Float64Array(defined.length).fill(NaN);
  let at = 0;
  for (let i = 0; i < defined.length; i++) if (defined[i] === 1) out[i] = values[at++]!;
  return out;
}

function levelsColumn(price: Leaf, size: Leaf, rows: number): SealedColumn {
  const [prices, sizes] = [price.values, size.values];
  if (prices.kind !== "numbers" || sizes.kind !== "numbers" || prices.values.length !== sizes.values.length) {
    throw new RangeError("a list's prices and sizes do not belong together");
  }
  const counts = new Uint32Array(rows);
  let row = -1;
  for (let i = 0; i < price.slots; i++) {
    if (price.repeats === undefined || price.repeats[i] === 0) row++;
    if (price.defined === undefined || price.defined[i] === 1) counts[row]!++;
  }
  if (row !== rows - 1) throw new RangeError(`a list has ${row + 1} rows, not ${rows}`);
  return { kind: "levels", counts, prices: prices.values, sizes: sizes.values };
}
