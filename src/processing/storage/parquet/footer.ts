import { type FileMetaData, type KeyValue, parquetMetadata } from "hyparquet";
import { ByteWriter } from "hyparquet-writer/src/bytewriter.js";
import { writeMetadata } from "hyparquet-writer/src/metadata.js";
import type { EventType } from "../../../events/event_type.ts";
import { toSchema } from "../../../events/to_schema.ts";
import { concatBytes, isEqual } from "../../../lib/bytes.ts";
import { type EncodedGroups, MAGIC } from "./encode.ts";
import { isPlain, plainMetadata } from "./plain_metadata.ts";
import { endOfStructs, fieldSpans, listHeader, listSpan, textPairs, zigzag, zigzagAt } from "./thrift_spans.ts";

/** Field ids of Parquet's FileMetaData. */
const FIELD = { schema: 2, rows: 3, groups: 4, keyValues: 5 };
/** Behind the metadata: its length, and the magic. */
export const TRAILER_BYTES = 4 + MAGIC.length;

export type KeyValues = ReadonlyMap<string, string>;

/** A footer's metadata for new groups alone, without length and magic. */
export function metadataOf(type: EventType, encoded: Omit<EncodedGroups, "bytes">, keyValues: KeyValues): Uint8Array {
  return isPlain(encoded.groups) ? plainMetadata(type, encoded, keyValues) : metadataByWriter(type, encoded, keyValues);
}

/** The published writer's. */
export function metadataByWriter(type: EventType, encoded: Omit<EncodedGroups, "bytes">, keyValues: KeyValues): Uint8Array {
  const writer = new ByteWriter();
  const metadata: Omit<FileMetaData, "metadata_length"> = {
    version: 2,
    created_by: "argus",
    schema: toSchema(type),
    num_rows: BigInt(encoded.rows),
    row_groups: [...encoded.groups],
    key_value_metadata: keyValueList(keyValues),
  };
  writeMetadata(writer, metadata as FileMetaData);
  return writer.getBytes().slice(0, -4); // the writer adds the length
}

/** The last groups of a file, which new ones take the place of. */
export interface Dropped {
  readonly groups: number;
  readonly rows: number;
}

/**
 * The metadata of a file after an append: rows added up, old groups byte for byte before the new ones (without those that are dropped), the
 * new key-value list, and everything else as it was. Throws RangeError where the schemas differ or the old metadata is broken.
 */
export function splicedMetadata(old: Uint8Array, added: Uint8Array, dropped: Dropped = { groups: 0, rows: 0 }): Uint8Array {
  const was = fieldsOf(old);
  const add = fieldsOf(added);
  if (!isEqual(old.subarray(was.schema.valueFrom, was.schema.to), added.subarray(add.schema.valueFrom, add.schema.to))) {
    throw new RangeError("its columns are not those of this version");
  }
  const oldGroups = listSpan(old, was.groups);
  const addedGroups = listSpan(added, add.groups);
  const kept = oldGroups.count - dropped.groups;
  return concatBytes([
    old.subarray(0, was.rows.valueFrom),
    Uint8Array.from(zigzag(zigzagAt(old, was.rows) - dropped.rows + zigzagAt(added, add.rows))),
    old.subarray(was.rows.to, was.groups.valueFrom),
    Uint8Array.from(listHeader(kept + addedGroups.count)),
    old.subarray(oldGroups.elementsFrom, endOfStructs(old, oldGroups, kept)),
    added.subarray(addedGroups.elementsFrom, add.groups.to),
    added.subarray(add.keyValues.from, add.keyValues.to), // a header holds the step from the field before: 4, in both
    old.subarray(was.keyValues.to),
  ]);
}

/** Metadata, its length, and the magic: the end of a file. */
export function trailer(metadata: Uint8Array): Uint8Array {
  const length = new Uint8Array(4);
  new DataView(length.buffer).setUint32(0, metadata.length, true);
  return concatBytes([metadata, length, MAGIC]);
}

/** Decoded metadata with µs kept as they are. Throws for what is none. */
export function readMetadata(metadata: Uint8Array): FileMetaData {
  return parquetMetadata(trailer(metadata), { parsers: { timestampFromMicroseconds: (micros) => micros }, geoparquet: false });
}

export function keyValuesOf(metadata: FileMetaData): Map<string, string> {
  return new Map((metadata.key_value_metadata ?? []).map(({ key, value }) => [key, value ?? ""]));
}

/** The same from the metadata's bytes, without looking at its groups. */
export function keyValuesIn(metadata: Uint8Array): Map<string, string> {
  const { keyValues } = fieldsOf(metadata);
  const { count, elementsFrom } = listSpan(metadata, keyValues);
  return new Map(textPairs(metadata, elementsFrom, count));
}

function keyValueList(keyValues: KeyValues): KeyValue[] {
  return [...keyValues].map(([key, value]) => ({ key, value }));
}

function fieldsOf(metadata: Uint8Array) {
  const spans = fieldSpans(metadata);
  const of = (id: number) => {
    const span = spans.get(id);
    if (span === undefined) throw new RangeError(`its footer lacks field ${id}`);
    return span;
  };
  return { schema: of(FIELD.schema), rows: of(FIELD.rows), groups: of(FIELD.groups), keyValues: of(FIELD.keyValues) };
}
