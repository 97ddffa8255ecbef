import type { Statistics } from "hyparquet";
import type { ColumnEncoding } from "../../../events/event_type.ts";
import { Bytes } from "./bytes.ts";
import type { DataPage, DictionaryPage, Levels } from "./column_chunk.ts";
import { deltaPacked } from "./delta.ts";
import { dictionaryOf } from "./dictionary.ts";
import { rleHybrid, run } from "./rle.ts";

const PAGE_SLOTS_MIN = 32_768; // of lists: who asks for one book decodes a page of each side, not a million levels

/** A column as pages and the statistics of its chunk. */
export interface ColumnPages {
  readonly pages: readonly DataPage[];
  readonly dictionary?: DictionaryPage;
  readonly statistics: Statistics;
}

const NONE = new Uint8Array(0);
const LITTLE_ENDIAN = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;

/** INT64 from safe integers; NaN is null. */
export function integerPages(column: Float64Array<ArrayBuffer>, isNullable: boolean): ColumnPages {
  const present = isNullable ? withoutNulls(column) : column;
  const { min, max } = bounds(present);
  const out = new Bytes(64 + 4 * present.length);
  deltaPacked(out, present, min, max);
  const range = present.length === 0 ? {} : { min_value: BigInt(min), max_value: BigInt(max) };
  return {
    pages: [{ encoding: "DELTA_BINARY_PACKED", values: out.view(), levels: flatLevels(column, present.length, isNullable) }],
    statistics: { ...range, null_count: BigInt(column.length - present.length) },
  };
}

/** DOUBLE; NaN is null. */
export function doublePages(column: Float64Array<ArrayBuffer>, isNullable: boolean, encoding: ColumnEncoding): ColumnPages {
  const present = isNullable ? withoutNulls(column) : column;
  return valuePages(present, encoding, [flatLevels(column, present.length, isNullable)]);
}

/** One leaf of a list of levels: values without nulls, and of each page the slots that empty lists take too. */
export function leafPages(values: Float64Array<ArrayBuffer>, encoding: ColumnEncoding, levels: readonly Levels[]): ColumnPages {
  return valuePages(values, encoding, levels);
}

/** Of each page its levels of a required list of required structs: a slot an element, and one for an empty list. */
export function listLevels(counts: Uint32Array): Levels[] {
  const pages: Levels[] = [];
  let from = 0;
  let slots = 0;
  for (let row = 0; row < counts.length; row++) {
    slots += Math.max(1, counts[row]!);
    if (slots < PAGE_SLOTS_MIN && row < counts.length - 1) continue;
    pages.push(levelsOfRows(counts.subarray(from, row + 1), slots));
    from = row + 1;
    slots = 0;
  }
  return pages;
}

function levelsOfRows(counts: Uint32Array, slots: number): Levels {
  const repeats = new Uint8Array(slots).fill(1);
  const defined = new Uint8Array(slots).fill(1);
  let at = 0;
  let nulls = 0;
  for (const count of counts) {
    repeats[at] = 0;
    if (count === 0) {
      defined[at] = 0;
      nulls++;
    }
    at += Math.max(1, count);
  }
  const repetition = new Bytes();
  rleHybrid(repetition, repeats, 1);
  const definition = new Bytes();
  rleHybrid(definition, defined, 1);
  return { repetition: repetition.view(), definition: definition.view(), slots, nulls, rows: counts.length };
}

export function flagPages(column: Uint8Array): ColumnPages {
  const body = new Bytes();
  rleHybrid(body, column, 1);
  const out = new Bytes();
  out.uint32(body.length);
  out.append(body.view());
  return {
    pages: [{ encoding: "RLE", values: out.view(), levels: required(column.length) }],
    statistics: { min_value: !column.includes(0), max_value: column.includes(1), null_count: 0n },
  };
}

/** STRING from codes counted from 1 into `texts`; 0 is null. Only texts in use are written. */
export function textPages(codes: Uint32Array, texts: readonly string[], isNullable: boolean): ColumnPages {
  const places = new Uint32Array(texts.length + 1); // of each code, 1 + its place among those in use
  const used: string[] = [];
  const indices = new Uint32Array(codes.length);
  let present = 0;
  for (let row = 0; row < codes.length; row++) {
    const code = codes[row]!;
    if (code === 0) continue;
    if (places[code] === 0) places[code] = used.push(texts[code - 1]!);
    indices[present++] = places[code]! - 1;
  }
  const levels = flatLevels(codes, present, isNullable, (code) => code === 0);
  const null_count = BigInt(codes.length - present);
  if (present === 0) return { pages: [{ encoding: "PLAIN", values: NONE, levels }], statistics: { null_count } };
  const encoder = new TextEncoder();
  const plain = new Bytes();
  for (const text of used) {
    const bytes = encoder.encode(text);
    plain.uint32(bytes.length);
    plain.append(bytes);
  }
  const ordered = used.map((text) => ({ text, bytes: encoder.encode(text) })).sort((a, b) => compareBytes(a.bytes, b.bytes));
  return {
    pages: [{ encoding: "RLE_DICTIONARY", values: indexBody(indices.subarray(0, present), used.length), levels }],
    dictionary: { count: used.length, values: plain.view() },
    statistics: { min_value: ordered[0]!.text, max_value: ordered.at(-1)!.text, null_count },
  };
}

function valuePages(present: Float64Array<ArrayBuffer>, encoding: ColumnEncoding, levels: readonly Levels[]): ColumnPages {
  const { min, max } = bounds(present);
  // The format's rule for floats: a bound of zero has the sign that covers both zeros.
  const range = present.length === 0 ? {} : { min_value: min === 0 ? -0 : min, max_value: max === 0 ? 0 : max };
  const statistics = { ...range, null_count: BigInt(levels.reduce((sum, { nulls }) => sum + nulls, 0)) };
  const dictionary = encoding === "dictionary" ? dictionaryOf(present) : undefined;
  let to = 0;
  const pages = levels.map((each): DataPage => {
    const from = to;
    to += each.slots - each.nulls;
    return dictionary === undefined
      ? { encoding: "PLAIN", values: plainBytes(present.subarray(from, to)), levels: each }
      : { encoding: "RLE_DICTIONARY", values: indexBody(dictionary.indices.subarray(from, to), dictionary.values.length), levels: each };
  });
  if (dictionary === undefined) return { pages, statistics };
  return { pages, dictionary: { count: dictionary.values.length, values: plainBytes(dictionary.values) }, statistics };
}

function indexBody(indices: Uint32Array, count: number): Uint8Array {
  const width = count <= 1 ? 0 : 32 - Math.clz32(count - 1);
  const out = new Bytes(16 + indices.length * width / 8);
  out.byte(width);
  rleHybrid(out, indices, width);
  return out.view();
}

/** Definition levels of a flat column: none where it is REQUIRED, one run where nothing is null. */
function flatLevels<A extends Float64Array | Uint32Array>(
  column: A,
  present: number,
  isNullable: boolean,
  isNull: (value: number) => boolean = Number.isNaN,
): Levels {
  if (!isNullable) return required(column.length);
  const out = new Bytes(16);
  if (present === column.length || present === 0) run(out, present === 0 ? 0 : 1, 1, column.length);
  else rleHybrid(out, Uint8Array.from(column, (value) => isNull(value) ? 0 : 1), 1);
  return { repetition: NONE, definition: out.view(), slots: column.length, nulls: column.length - present, rows: column.length };
}

function required(rows: number): Levels {
  return { repetition: NONE, definition: NONE, slots: rows, nulls: 0, rows };
}

function withoutNulls(column: Float64Array<ArrayBuffer>): Float64Array<ArrayBuffer> {
  let nulls = 0;
  for (let i = 0; i < column.length; i++) if (Number.isNaN(column[i]!)) nulls++;
  return nulls === 0 ? column : column.filter((value) => !Number.isNaN(value));
}

function bounds(values: Float64Array): { readonly min: number; readonly max: number } {
  let min = Infinity;
  let max = -Infinity;
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    if (value < min) min = value;
    if (value > max) max = value;
  }
  return { min, max };
}

function plainBytes(values: Float64Array<ArrayBufferLike>): Uint8Array {
  if (LITTLE_ENDIAN) return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  const view = new DataView(new ArrayBuffer(values.byteLength));
  for (let i = 0; i < values.length; i++) view.setFloat64(8 * i, values[i]!, true);
  return new Uint8Array(view.buffer);
}

function compareBytes(a: Uint8Array, b: Uint8Array): number {
  for (let i = 0; i < Math.min(a.length, b.length); i++) if (a[i] !== b[i]) return a[i]! - b[i]!;
  return a.length - b.length;
}
