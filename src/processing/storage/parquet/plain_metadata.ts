import type { ColumnMetaData, RowGroup, SchemaElement, Statistics } from "hyparquet";
import type { EventType } from "../../../events/event_type.ts";
import { toSchema } from "../../../events/to_schema.ts";
import { assert } from "../../../lib/assert.ts";
import { Bytes } from "./bytes.ts";
import type { EncodedGroups } from "./encode.ts";
import type { KeyValues } from "./footer.ts";
import { CODES } from "./thrift_codes.ts";
import { TYPE } from "./thrift_cursor.ts";
import { ThriftWriter } from "./thrift_writer.ts";

const VERSION = 2;
const TEXT_BYTES_MAX = 16; // of a bound: a longer one is cut by rules of its own, which the published writer has

/** Does `plainMetadata` know how to say these? Else the published writer must. */
export function isPlain(groups: readonly RowGroup[]): boolean {
  return groups.every(({ columns }) => columns.every(({ meta_data }) => isPlainBound(meta_data?.statistics)));
}

function isPlainBound({ min_value, max_value }: Statistics = {}): boolean {
  return [min_value, max_value].every((bound) => typeof bound !== "string" || new TextEncoder().encode(bound).length <= TEXT_BYTES_MAX);
}

/**
 * A footer's metadata, byte for byte what the published writer makes of it, for a sixth of its CPU: a small merge writes one group and
 * little else.
 */
export function plainMetadata(type: EventType, { rows, groups }: Omit<EncodedGroups, "bytes">, keyValues: KeyValues): Uint8Array {
  const out = new Bytes(4_096);
  const thrift = new ThriftWriter(out);
  const schema = toSchema(type);
  thrift.i32(1, VERSION);
  thrift.list(2, TYPE.struct, schema.length);
  for (const element of schema) writeElement(thrift, element);
  thrift.i64(3, rows);
  thrift.list(4, groups.length === 0 ? TYPE.stop : TYPE.struct, groups.length);
  for (const group of groups) writeGroup(thrift, out, group);
  thrift.list(5, TYPE.struct, keyValues.size);
  for (const [key, value] of keyValues) {
    thrift.begin();
    thrift.text(1, key);
    thrift.text(2, value);
    thrift.end();
  }
  thrift.text(6, "argus");
  const leaves = schema.filter(({ type }) => type !== undefined).length;
  thrift.list(7, TYPE.struct, leaves);
  for (let i = 0; i < leaves; i++) {
    thrift.begin();
    thrift.empty(1); // ordered as its type is
    thrift.end();
  }
  thrift.end();
  return out.view();
}

function writeElement(
  thrift: ThriftWriter,
  { type, repetition_type, name, num_children, converted_type, logical_type }: SchemaElement,
): void {
  thrift.begin();
  if (type !== undefined) thrift.i32(1, CODES.type[type]!);
  if (repetition_type !== undefined) thrift.i32(3, CODES.repetition[repetition_type]!);
  thrift.text(4, name);
  if (num_children !== undefined) thrift.i32(5, num_children);
  if (converted_type !== undefined) thrift.i32(6, CODES.converted[converted_type]!);
  if (logical_type !== undefined) {
    thrift.struct(10);
    if (logical_type.type === "STRING") thrift.empty(1);
    else if (logical_type.type === "LIST") thrift.empty(3);
    else {
      assert(logical_type.type === "TIMESTAMP" && logical_type.unit === "MICROS", `${name} is of a kind we never write`);
      thrift.struct(8);
      thrift.flag(1, logical_type.isAdjustedToUTC);
      thrift.struct(2);
      thrift.empty(2);
      thrift.end();
      thrift.end();
    }
    thrift.end();
  }
  thrift.end();
}

function writeGroup(thrift: ThriftWriter, out: Bytes, group: RowGroup): void {
  thrift.begin();
  thrift.list(1, TYPE.struct, group.columns.length);
  for (const { file_offset, meta_data } of group.columns) {
    thrift.begin();
    thrift.i64(2, file_offset);
    thrift.struct(3);
    writeColumn(thrift, out, meta_data!);
    thrift.end();
    thrift.end();
  }
  thrift.i64(2, group.total_byte_size);
  thrift.i64(3, group.num_rows);
  thrift.i64(5, group.file_offset!);
  thrift.i64(6, group.total_compressed_size!);
  thrift.end();
}

function writeColumn(thrift: ThriftWriter, out: Bytes, column: ColumnMetaData): void {
  thrift.i32(1, CODES.type[column.type]!);
  thrift.list(2, TYPE.i32, column.encodings.length);
  for (const encoding of column.encodings) out.zigzag(CODES.encoding[encoding]!);
  thrift.list(3, TYPE.binary, column.path_in_schema.length);
  for (const name of column.path_in_schema) out.text(name);
  thrift.i32(4, CODES.zstd);
  thrift.i64(5, column.num_values);
  thrift.i64(6, column.total_uncompressed_size);
  thrift.i64(7, column.total_compressed_size);
  thrift.i64(9, column.data_page_offset);
  if (column.dictionary_page_offset !== undefined) thrift.i64(11, column.dictionary_page_offset);
  thrift.struct(12);
  const { null_count, min_value, max_value } = column.statistics!;
  thrift.i64(3, null_count!);
  if (max_value !== undefined) writeBound(thrift, out, 5, max_value);
  if (min_value !== undefined) writeBound(thrift, out, 6, min_value);
  thrift.end();
}

/** A bound as a plain value. */
function writeBound(thrift: ThriftWriter, out: Bytes, id: number, bound: NonNullable<Statistics["min_value"]>): void {
  switch (typeof bound) {
    case "boolean":
      thrift.binary(id, 1);
      return out.byte(bound ? 1 : 0);
    case "bigint":
      thrift.binary(id, 8);
      return out.int64(bound);
    case "number":
      thrift.binary(id, 8);
      return out.double(bound);
    case "string":
      return thrift.text(id, bound);
    default:
      throw new RangeError(`a bound is ${typeof bound}`);
  }
}
