import type { Level } from "../../events/event_type.ts";

/** One side of one row of `depth` as it stands in a table's columns: no object a level. */
export class PackedLevels {
  readonly #prices: Float64Array;
  readonly #sizes: Float64Array;
  readonly #from: number;
  readonly #to: number;

  constructor(prices: Float64Array, sizes: Float64Array, from: number, to: number) {
    this.#prices = prices;
    this.#sizes = sizes;
    this.#from = from;
    this.#to = to;
  }

  static of(side: ReadonlyMap<number, number>): PackedLevels {
    return new PackedLevels(Float64Array.from(side.keys()), Float64Array.from(side.values()), 0, side.size);
  }

  get length(): number {
    return this.#to - this.#from;
  }

  applyTo(side: Map<number, number>): void {
    for (let i = this.#from; i < this.#to; i++) {
      const size = this.#sizes[i]!;
      if (size === 0) side.delete(this.#prices[i]!);
      else side.set(this.#prices[i]!, size);
    }
  }

  /** The same levels in memory of their own: whoever keeps them does not keep the table. */
  own(): PackedLevels {
    if (this.#prices.buffer.byteLength === this.#prices.BYTES_PER_ELEMENT * this.length) return this;
    return new PackedLevels(this.#prices.slice(this.#from, this.#to), this.#sizes.slice(this.#from, this.#to), 0, this.length);
  }
}

/** One side of a row, from wherever it comes. */
export type Levels = readonly Level[] | PackedLevels;

export function applyLevels(side: Map<number, number>, levels: Levels): void {
  if (levels instanceof PackedLevels) return levels.applyTo(side);
  for (const [price, size] of levels) size === 0 ? side.delete(price) : side.set(price, size);
}
