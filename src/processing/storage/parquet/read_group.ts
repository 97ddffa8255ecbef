import type { RowGroup } from "hyparquet";
import type { Column, EventBase, EventType } from "../../../events/event_type.ts";
import type { Compression } from "../../../runtime/runtime.ts";
import { expanded } from "../level_lists.ts";
import type { SealedColumn, SealedTable } from "../table.ts";
import type { Leaf } from "./read_column.ts";
import { doublesOf, levelLists, metadataAt } from "./read_lists.ts";
import { type ByteSource, readLeaf } from "./stored_column.ts";

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
  if (column.kind === "levels") {
    const [price, size] = ["price", "size"].map((field) => leafAt(`${column.name}.list.element.${field}`, source, group, compression));
    const { starts, prices, sizes } = levelLists(price!, size!, rows);
    const counts = Uint32Array.from({ length: rows }, (_, row) => starts[row + 1]! - starts[row]!);
    return { kind: "levels", counts, prices: expanded(prices), sizes: expanded(sizes) };
  }
  const flat = leafAt(column.name, source, group, compression);
  if (flat.slots !== rows || flat.repeats() !== undefined) {
    throw new RangeError(`${column.name} has ${flat.slots} values for ${rows} rows`);
  }
  return flatColumn(flat, column.name);
}

function leafAt(path: string, source: ByteSource, group: RowGroup, compression: Compression): Leaf {
  return readLeaf(source, metadataAt(group, path), Number(group.num_rows), compression);
}

function flatColumn(leaf: Leaf, name: string): SealedColumn {
  const { slots, values } = leaf;
  const defined = leaf.defined();
  switch (values.kind) {
    case "numbers":
    case "coded": {
      const numbers = expanded(doublesOf(values));
      return { kind: "numbers", values: defined === undefined ? numbers : spread(numbers, defined) };
    }
    case "flags":
      if (defined !== undefined) throw new RangeError(`${name} has nulls`);
      return values;
    case "texts": {
      const codes = new Uint32Array(slots);
      if (defined === undefined) {
        if (values.texts.length === 1) codes.fill(1); // source, symbol, and most often origin
        else for (let i = 0; i < slots; i++) codes[i] = values.places[i]! + 1;
      } else {
        let at = 0;
        for (let i = 0; i < slots; i++) if (defined[i] === 1) codes[i] = values.places[at++]! + 1;
      }
      return { kind: "texts", codes, values: values.texts };
    }
  }
}

const RUN_SLOTS = 64; // of a kind on average, from which on they are copied together

/** Values to their slots; the others are null. */
function spread(values: Float64Array<ArrayBuffer>, defined: Uint8Array): Float64Array<ArrayBuffer> {
  const out = new Float64Array(defined.length);
  const nulls = out.length - values.length;
  if (Math.min(nulls, values.length) > out.length / RUN_SLOTS) {
    for (let i = 0, at = 0; i < out.length; i++) out[i] = defined[i] === 1 ? values[at++]! : NaN;
    return out;
  }
  for (let from = 0, at = 0; from < out.length;) {
    const isNull = defined[from] === 0;
    const next = defined.indexOf(isNull ? 1 : 0, from);
    const to = next === -1 ? out.length : next;
    if (isNull) out.fill(NaN, from, to);
    else out.set(values.subarray(at, at += to - from), from);
    from = to;
  }
  return out;
}
