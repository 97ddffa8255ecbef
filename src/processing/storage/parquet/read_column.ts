import { concatBytes } from "../../../lib/bytes.ts";
import type { Compression } from "../../../runtime/runtime.ts";
import type { PageHeader } from "./page_header.ts";
import { unpackDelta } from "./unpack_delta.ts";
import { PackedPlaces } from "./packed_places.ts";
import { unpackRle } from "./unpack_rle.ts";

/** One leaf column of one row group, decoded: the values that are there, and its levels for who asks. */
export interface Leaf {
  readonly slots: number;
  /** 1 where there is a value; undefined where every slot has one. */
  defined(): Uint8Array<ArrayBuffer> | undefined;
  /** 0 where a row begins; undefined for a flat column. */
  repeats(): Uint8Array<ArrayBuffer> | undefined;
  /** Decoded when they are first asked for. */
  readonly values: Values;
}

export type Values =
  | { readonly kind: "numbers"; readonly values: Float64Array<ArrayBuffer> }
  /** Doubles by their places in `values`, counted from 0; a dictionary's places in each page. */
  | { readonly kind: "coded"; readonly places: readonly PackedPlaces[]; readonly values: Float64Array<ArrayBuffer> }
  | { readonly kind: "flags"; readonly values: Uint8Array<ArrayBuffer> }
  /** Places in `texts`, counted from 0. */
  | { readonly kind: "texts"; readonly places: Uint32Array<ArrayBuffer>; readonly texts: readonly string[] };

const SPARE_BYTES = 128; // a decoder's room for the end
const LITTLE_ENDIAN = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;

/** What a dictionary holds; decoded when it is needed. */
export interface Dictionary {
  doubles(): Float64Array<ArrayBuffer>;
  texts(): readonly string[];
}

/** A data page, decoded. `stored` are its levels and its body. */
export function leafOf(
  type: string,
  header: PageHeader,
  stored: Uint8Array,
  compression: Compression,
  dictionary: Dictionary,
): Leaf {
  const levels = (from: number, length: number) => levelsOf(stored.subarray(from, from + length), header.slots);
  let values: Values | undefined;
  return {
    slots: header.slots,
    repeats: () => levels(0, header.repetitionBytes),
    defined: () => header.nulls === 0 ? undefined : levels(header.repetitionBytes, header.definitionBytes),
    get values() {
      return values ??= valuesOf(type, header, bodyOf(header, stored, compression), dictionary);
    },
  };
}

/** Pages of one column, one below the other. */
export function joinedLeaf(leaves: readonly Leaf[]): Leaf {
  if (leaves.length === 1) return leaves[0]!;
  const levels = (of: (leaf: Leaf) => Uint8Array<ArrayBuffer> | undefined) => {
    const parts = leaves.map(of);
    if (parts.every((part) => part === undefined)) return undefined;
    return concatBytes(parts.map((part, i) => part ?? new Uint8Array(leaves[i]!.slots).fill(1)));
  };
  return {
    slots: leaves.reduce((sum, { slots }) => sum + slots, 0),
    repeats: () => levels((leaf) => leaf.repeats()),
    defined: () => levels((leaf) => leaf.defined()),
    values: joinedValues(leaves.map(({ values }) => values)),
  };
}

function joinedValues(parts: readonly Values[]): Values {
  const [first] = parts;
  if (first === undefined) throw new RangeError("a column has no page");
  if (parts.every((part) => part.kind === "numbers")) return { kind: "numbers", values: concatDoubles(parts.map(({ values }) => values)) };
  if (first.kind !== "coded" || !parts.every((part) => part.kind === "coded")) throw new RangeError("a column has several pages");
  return { kind: "coded", places: parts.flatMap(({ places }) => places), values: first.values };
}

function concatDoubles(parts: readonly Float64Array[]): Float64Array<ArrayBuffer> {
  const whole = new Float64Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

function levelsOf(bytes: Uint8Array, slots: number): Uint8Array<ArrayBuffer> | undefined {
  if (bytes.length === 0) return undefined;
  const levels = new Uint8Array(slots);
  unpackRle(bytes, 1, levels);
  return levels;
}

/** Behind its levels, as it was before compression. */
export function bodyOf(header: PageHeader, stored: Uint8Array, compression: Compression): Uint8Array {
  const levels = header.repetitionBytes + header.definitionBytes;
  const packed = stored.subarray(levels);
  return header.isCompressed ? compression.unzstd(packed, header.rawBytes - levels) : packed;
}

function valuesOf(type: string, { encoding, slots, nulls }: PageHeader, raw: Uint8Array, dictionary: Dictionary): Values {
  const count = slots - nulls;
  switch (`${type} ${encoding}`) {
    case "INT64 DELTA_BINARY_PACKED":
      return { kind: "numbers", values: unpackDelta(raw, count) };
    case "DOUBLE PLAIN":
      return { kind: "numbers", values: doubles(raw, count) };
    case "DOUBLE RLE_DICTIONARY": {
      const values = dictionary.doubles();
      return { kind: "coded", places: [new PackedPlaces(raw, count, values.length)], values };
    }
    case "BYTE_ARRAY RLE_DICTIONARY": {
      const texts = dictionary.texts();
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

function placesOf(raw: Uint8Array, count: number, limit: number): Uint32Array<ArrayBuffer> {
  const places = new Uint32Array(count);
  new PackedPlaces(raw, count, limit).take(places, 0, count);
  return places;
}

export function doubles(raw: Uint8Array, count: number): Float64Array<ArrayBuffer> {
  if (raw.length !== 8 * count) throw new RangeError(`${count} doubles have ${raw.length} bytes`);
  if (LITTLE_ENDIAN && isAlone(raw)) return new Float64Array(raw.buffer, 0, count);
  const values = new Float64Array(count);
  new Uint8Array(values.buffer).set(raw);
  if (LITTLE_ENDIAN) return values;
  const view = new DataView(values.buffer);
  return Float64Array.from(values, (_, i) => view.getFloat64(8 * i, true));
}

/** Nothing else is in its memory. */
function isAlone(raw: Uint8Array): raw is Uint8Array<ArrayBuffer> {
  return raw.buffer instanceof ArrayBuffer && raw.byteOffset === 0 && raw.buffer.byteLength < raw.length + SPARE_BYTES;
}

export function textsOf(raw: Uint8Array, count: number): string[] {
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
