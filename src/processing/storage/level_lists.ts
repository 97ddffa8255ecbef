import type { SealedColumn } from "./table.ts";

/** Doubles as they are, or by their places among those that differ. */
export interface Doubles {
  readonly values: Float64Array<ArrayBuffer>;
  readonly places: Uint32Array<ArrayBuffer> | undefined;
}

/** The levels of one side of many rows: those of row n begin at `starts[n]` and end before `starts[n + 1]`. */
export interface LevelLists {
  readonly starts: Uint32Array<ArrayBuffer>;
  readonly prices: Doubles;
  readonly sizes: Doubles;
}

export function countOf({ values, places }: Doubles): number {
  return places === undefined ? values.length : places.length;
}

export function expanded({ values, places }: Doubles): Float64Array<ArrayBuffer> {
  if (places === undefined) return values;
  const out = new Float64Array(places.length);
  for (let i = 0; i < out.length; i++) out[i] = values[places[i]!]!;
  return out;
}

export function listsOf({ counts, prices, sizes }: Extract<SealedColumn, { kind: "levels" }>): LevelLists {
  const starts = new Uint32Array(counts.length + 1);
  for (let row = 0; row < counts.length; row++) starts[row + 1] = starts[row]! + counts[row]!;
  return { starts, prices: { values: prices, places: undefined }, sizes: { values: sizes, places: undefined } };
}

/** Bytes it holds. */
export function listBytes({ starts, prices, sizes }: LevelLists): number {
  return [starts, prices.values, prices.places, sizes.values, sizes.places].reduce((sum, array) => sum + (array?.byteLength ?? 0), 0);
}
