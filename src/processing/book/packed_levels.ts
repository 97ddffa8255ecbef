import type { Level } from "../../events/event_type.ts";

/** What rows said of the prices they named. Sizes may cost something: they are asked for one by one. */
export interface PriceWords {
  /** Where one comes twice, the later word counts. */
  readonly prices: Float64Array;
  /** Of the price at `index`; 0 = there is no such level. */
  size(index: number): number;
}

/** One side of a row or of a book, from wherever it comes. */
export type Levels = readonly Level[] | PriceWords;

/** One side of a book: no object a level. */
export class PackedLevels implements PriceWords {
  readonly prices: Float64Array;
  readonly #sizes: Float64Array;

  constructor(side: ReadonlyMap<number, number>) {
    this.prices = doublesOf(side.keys(), side.size);
    this.#sizes = doublesOf(side.values(), side.size);
  }

  size(index: number): number {
    return this.#sizes[index]!;
  }
}

export function applyLevels(side: Map<number, number>, levels: Levels): void {
  if (!("prices" in levels)) { for (const [price, size] of levels) setLevel(side, price, size); }
  else for (let i = 0; i < levels.prices.length; i++) setLevel(side, levels.prices[i]!, levels.size(i));
}

/** Several times as fast as `Float64Array.from`, which gathers them in a list first. */
export function doublesOf(values: Iterable<number>, count: number): Float64Array<ArrayBuffer> {
  const doubles = new Float64Array(count);
  let at = 0;
  for (const value of values) doubles[at++] = value;
  return doubles;
}

/** Sizes are absolute, and 0 is none. */
function setLevel(side: Map<number, number>, price: number, size: number): void {
  if (size === 0) side.delete(price);
  else side.set(price, size);
}
