import type { ColumnMetaData } from "hyparquet";
import type { Compression } from "../../../runtime/runtime.ts";
import { type PageHeader, pageHeaderAt } from "./page_header.ts";
import { unpackDelta } from "./unpack_delta.ts";
import { unpackRle } from "./unpack_rle.ts";

/** One leaf column of one row group, decoded: levels where it has any, and the values that are there. */
export interface Leaf {
  readonly slots: number;
  /** 1 where there is a value; undefined where every slot has one. */
  readonly defined: Uint8Array<ArrayBuffer> | undefined;
  /** 0 where a row begins; undefined for a flat column. */
  readonly repeats: Uint8Array<ArrayBuffer> | undefined;
  readonly values: Values;
}

export type Values =
  | { readonly kind: "numbers"; readonly values: Float64Array<ArrayBuffer> }
  | { readonly kind: "flags"; readonly values: Uint8Array<ArrayBuffer> }
  /** Places in `texts`, counted from 0. */
  | { readonly kind: "texts"; readonly places: Uint32Array<ArrayBuffer>; readonly texts: readonly string[] };

const LITTLE_ENDIAN = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;

/**
 * Decodes a column chunk as our writer makes them: a data page, behind a dictionary where values repeat. `bytes` are the chunk's. Throws
 * RangeError, or what zstd throws, for what is not whole; every page is checked against its CRC, which covers the levels too.
 */
export function readLeaf(bytes: Uint8Array, metadata: ColumnMetaData, compression: Compression): Leaf {
  const slots = Number(metadata.num_values);
  let dictionary: { readonly count: number; readonly raw: Uint8Array } | undefined;
  let at = 0;
  for (;;) {
    const header = pageHeaderAt(bytes, at);
    const stored = bytes.subarray(at + header.bytes, at + header.bytes + header.storedBytes);
    if (stored.length < header.storedBytes) throw new RangeError("a page reaches beyond its column");
    if (header.crc !== undefined && compression.crc32(stored) !== header.crc) throw new RangeError("a page is not as it was written");
    at += header.bytes + header.storedBytes;
    if (header.kind === "dictionary") {
      dictionary = { count: header.slots, raw: body(header, stored, compression) };
      continue;
    }
    if (header.slots !== slots || at !== bytes.length) throw new RangeError("a column is not one page");
    assertAgrees(header, metadata);
    const levels = (from: number, length: number) => levelsOf(stored.subarray(from, from + length), slots);
    const values = slots - header.nulls;
    return {
      slots,
      repeats: levels(0, header.repetitionBytes),
      defined: header.nulls === 0 ? undefined : levels(header.repetitionBytes, header.definitionBytes),
      values: valuesOf(metadata.type, header, body(header, stored, compression), values, dictionary),
    };
  }
}

/** A page's header has no checksum of its own: what the footer, which has one, says too must be the same. */
function assertAgrees(
  { nulls, encoding, isCompressed, rawBytes, storedBytes, definitionBytes }: PageHeader,
  metadata: ColumnMetaData,
): void {
  const isAgreed = Number(metadata.statistics?.null_count ?? nulls) === nulls && metadata.encodings.includes(encoding) &&
    (isCompressed || rawBytes === storedBytes) && (nulls === 0 || definitionBytes > 0);
  if (!isAgreed) throw new RangeError("a page's header and the footer disagree");
}

function levelsOf(bytes: Uint8Array, slots: number): Uint8Array<ArrayBuffer> | undefined {
  if (bytes.length === 0) return undefined;
  const levels = new Uint8Array(slots);
  unpackRle(bytes, 1, levels);
  return levels;
}

function body(header: PageHeader, stored: Uint8Array, compression: Compression): Uint8Array {
  const levels = header.repetitionBytes + header.definitionBytes;
  const packed = stored.subarray(levels);
  return header.isCompressed ? compression.unzstd(packed, header.rawBytes - levels) : packed;
}

function valuesOf(
  type: string,
  { encoding }: PageHeader,
  raw: Uint8Array,
  count: number,
  dictionary: { readonly count: number; readonly raw: Uint8Array } | undefined,
): Values {
  switch (`${type} ${encoding}`) {
    case "INT64 DELTA_BINARY_PACKED":
      return { kind: "numbers", values: unpackDelta(raw, count) };
    case "DOUBLE PLAIN":
      return { kind: "numbers", values: doubles(raw, count) };
    case "DOUBLE RLE_DICTIONARY": {
      const values = doubles(needed(dictionary).raw, needed(dictionary).count);
      const places = placesOf(raw, count, values.length);
      const out = new Float64Array(count);
      for (let i = 0; i < count; i++) out[i] = values[places[i]!]!;
      return { kind: "numbers", values: out };
    }
    case "BYTE_ARRAY RLE_DICTIONARY": {
      const texts = textsOf(needed(dictionary).raw, needed(dictionary).count);
      return { kind: "texts", places: placesOf(raw, count, texts.length), texts };
    }
    case "BYTE_ARRAY PLAIN":
      return { kind: "texts", places: Uint32Array.from({ length: count }, (_, i) => i), texts: textsOf(raw, count) };
    case "BOOLEAN RLE": {
      const flags = new Uint8Array(count);
      unpackRle(raw.subarray(4), 1, flags); // behind their length
      return { kind: "flags", values: flags };
    }
    default:
      throw new RangeError(`it has ${type} as ${encoding}, which we never write`);
  }
}

function needed<T>(dictionary: T | undefined): T {
  if (dictionary === undefined) throw new RangeError("a dictionary is missing");
  return dictionary;
}

function placesOf(raw: Uint8Array, count: number, limit: number): Uint32Array<ArrayBuffer> {
  const places = new Uint32Array(count);
  unpackRle(raw.subarray(1), raw[0] ?? 0, places);
  for (let i = 0; i < count; i++) if (places[i]! >= limit) throw new RangeError("an index is beyond its dictionary");
  return places;
}

function doubles(raw: Uint8Array, count: number): Float64Array<ArrayBuffer> {
  if (raw.length !== 8 * count) throw new RangeError(`${count} doubles have ${raw.length} bytes`);
  const values = new Float64Array(count);
  new Uint8Array(values.buffer).set(raw);
  if (LITTLE_ENDIAN) return values;
  const view = new DataView(values.buffer);
  return Float64Array.from(values, (_, i) => view.getFloat64(8 * i, true));
}

function textsOf(raw: Uint8Array, count: number): string[] {
  const view = new DataView(raw.buffer, raw.byteOffset, raw.byteLength);
  const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  let at = 0;
  return Array.from({ length: count }, () => {
    const from = at + 4;
    at = from + view.getUint32(at, true);
    if (at > raw.length) throw new RangeError("a text reaches beyond its page");
    return decoder.decode(raw.subarray(from, at));
  });
}
