import type { Level } from "../../events/event_type.ts";

/** One side of one row of `depth`: no object a level. */
export class PackedLevels {
  readonly #prices: Float64Array;
  readonly #sizes: Float64Array;

  /** The arrays are its own. */
  constructor(prices: Float64Array, sizes: Float64Array) {
    this.#prices = prices;
    this.#sizes = sizes;
  }

  static of(side: ReadonlyMap<number, number>): PackedLevels {
    return new PackedLevels(doublesOf(side.keys(), side.size), doublesOf(side.values(), side.size));
  }

  get length(): number {
    return this.#prices.length;
  }

  applyTo(side: Map<number, number>): void {
    for (let i = 0; i < this.#prices.length; i++) setLevel(side, this.#prices[i]!, this.#sizes[i]!);
  }
}

/** One side of a row, from wherever it comes. */
export type Levels = readonly Level[] | PackedLevels;

export function applyLevels(side: Map<number, number>, levels: Levels): void {
  if (levels instanceof PackedLevels) return levels.applyTo(side);
  for (const [price, size] of levels) setLevel(side, price, size);
}

/** Several times as fast as `Float64Array.from`, which gathers them in a list first. */
export function doublesOf(values: Iterable<number>, count: number): Float64Array<ArrayBuffer> {
  const doubles = new Float64Array(count);
  let at = 0;
  for (const value of values) doubles[at++] = value;
  return doubles;
}

/** Sizes are absolute, and 0 is none. */
export function setLevel(side: Map<number, number>, price: number, size: number): void {
  if (size === 0) side.delete(price);
  else side.set(price, size);
}
