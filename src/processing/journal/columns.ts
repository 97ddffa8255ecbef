import type { ColumnKind, EventType } from "../../events/event_type.ts";
import { unreachable } from "../../lib/assert.ts";
import type { Bytes } from "../storage/parquet/bytes.ts";
import type { SealedColumn, SealedTable } from "../storage/table.ts";
import type { ByteReader } from "./byte_reader.ts";
import type { TextCache } from "./text_cache.ts";

const RAW = 0;
const DELTAS = 1;
const EXACT_MAX = 2 ** 50; // below it a difference, its zigzag and one more are exact doubles

/** Columns as bytes that zstd makes small: cheap before small, they live for minutes. */
export function writeColumns(out: Bytes, type: EventType, table: SealedTable, texts: TextCache): void {
  type.columns.forEach(({ kind }, i) => writeColumn(out, kind, table.columns[i]!, texts));
}

/** Throws RangeError for bytes that are no table of that type. */
export function readColumns(reader: ByteReader, type: EventType, rows: number): SealedTable {
  const columns = type.columns.map(({ kind }) => readColumn(reader, kind, rows));
  if (!reader.isAtEnd) throw new RangeError(`bytes follow the columns of ${type.name}`);
  return { rows, columns };
}

function writeColumn(out: Bytes, kind: ColumnKind, column: SealedColumn, texts: TextCache): void {
  switch (column.kind) {
    case "numbers":
      return writeNumbers(out, kind, column.values);
    case "flags":
      return out.append(column.values);
    case "texts":
      out.varint(column.values.length);
      for (const text of column.values) texts.write(out, text);
      for (const code of column.codes) out.varint(code);
      return;
    case "levels":
      for (const count of column.counts) out.varint(count);
      out.append(bytesOf(column.prices));
      return out.append(bytesOf(column.sizes));
    default:
      return unreachable(column);
  }
}

/** Times and ids as differences, null as 0; what differences would not give back bit for bit, as it is. */
function writeNumbers(out: Bytes, kind: ColumnKind, values: Float64Array): void {
  if (kind === "double" || !values.every((value) => Number.isNaN(value) || isExact(value))) {
    out.byte(RAW);
    return out.append(bytesOf(values));
  }
  out.byte(DELTAS);
  let previous = 0;
  for (const value of values) {
    if (Number.isNaN(value)) out.varint(0);
    else {
      const delta = value - previous;
      out.varint(delta < 0 ? -2 * delta : 2 * delta + 1);
      previous = value;
    }
  }
}

function isExact(value: number): boolean {
  return Number.isInteger(value) && Math.abs(value) < EXACT_MAX && !Object.is(value, -0);
}

function readColumn(reader: ByteReader, kind: ColumnKind, rows: number): SealedColumn {
  switch (kind) {
    case "timestamp":
    case "int64":
    case "double":
      return { kind: "numbers", values: reader.byte() === RAW ? doubles(reader, rows) : readDeltas(reader, rows) };
    case "boolean":
      return { kind: "flags", values: reader.bytes(rows) };
    case "string": {
      const values = Array.from({ length: reader.varint() }, () => reader.text());
      const codes = reader.varints(rows);
      if (codes.some((code) => code > values.length)) throw new RangeError("a text's code names none");
      return { kind: "texts", codes, values };
    }
    case "levels": {
      const counts = reader.varints(rows);
      const levels = counts.reduce((sum, count) => sum + count, 0);
      return { kind: "levels", counts, prices: doubles(reader, levels), sizes: doubles(reader, levels) };
    }
    default:
      return unreachable(kind);
  }
}

/** An even code is a negative difference, an odd one is not; 0 would be a difference of minus nothing, and is null. */
function readDeltas(reader: ByteReader, rows: number): Float64Array<ArrayBuffer> {
  const values = new Float64Array(rows);
  let previous = 0;
  for (let i = 0; i < rows; i++) {
    const code = reader.varint();
    if (code === 0) values[i] = NaN;
    else values[i] = previous += code % 2 === 1 ? (code - 1) / 2 : -code / 2;
  }
  return values;
}

function doubles(reader: ByteReader, count: number): Float64Array<ArrayBuffer> {
  return new Float64Array(reader.bytes(8 * count).buffer);
}

function bytesOf(values: Float64Array): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}
