import type { PackedPlaces } from "./parquet/packed_places.ts";

const PIECE = 4_096; // places unpacked at once: they stay in the processor's first cache

/** Doubles as they are, or by their places among those that differ. */
export interface Doubles {
  readonly values: Float64Array<ArrayBuffer>;
  /** Page by page. */
  readonly places: readonly PackedPlaces[] | undefined;
}

/** The levels of one side of many rows, in pages of whole rows. Each of the three is decoded when it is asked for. */
export interface PagedLists {
  /** Of each page its first row; behind the last one the number of rows. */
  readonly firstRows: readonly number[];
  /** Of each row of a page its first level; behind the last one the number of levels. */
  starts(page: number): Uint32Array<ArrayBuffer>;
  prices(page: number): Doubles;
  sizes(page: number): Doubles;
}

export function countOf({ values, places }: Doubles): number {
  return places === undefined ? values.length : places.reduce((sum, { count }) => sum + count, 0);
}

/** From one to before another. */
export function expanded(doubles: Doubles, from = 0, to = countOf(doubles)): Float64Array<ArrayBuffer> {
  const { values, places } = doubles;
  if (places === undefined) return from === 0 && to === values.length ? values : values.slice(from, to);
  const out = new Float64Array(to - from);
  const room = new Uint32Array(Math.min(PIECE, out.length));
  let at = 0;
  let first = 0;
  for (const page of places) {
    const end = first + page.count;
    if (first < to && end > from) {
      page.inPieces(Math.max(from, first) - first, Math.min(to, end) - first, room, (piece, count) => {
        for (let i = 0; i < count; i++) out[at++] = values[piece[i]!]!;
      });
    }
    first = end;
  }
  return out;
}

export function startsOf(counts: Uint32Array): Uint32Array<ArrayBuffer> {
  const starts = new Uint32Array(counts.length + 1);
  for (let row = 0; row < counts.length; row++) starts[row + 1] = starts[row]! + counts[row]!;
  return starts;
}

/** Bytes they hold; a dictionary is its column's. */
export function bytesOfDoubles({ values, places }: Doubles): number {
  return places?.reduce((sum, { bytes }) => sum + bytes, 0) ?? values.byteLength;
}
