import type { Level } from "../../events/event_type.ts";
import { bestOf } from "./best_levels.ts";
import { applyLevels, doublesOf, type Levels, PackedLevels, type PriceWords } from "./packed_levels.ts";

/**
 * One side of a book: levels, and above them, not yet looked into, what later changes said last. Whoever wants the best levels alone gets
 * them without the sizes of all the others.
 */
export class LayeredSide {
  #levels = new Map<number, number>();
  /** Above the levels, the newest last. */
  #layers: PriceWords[] = [];

  /** Everything anew. */
  begin(whole: Levels): void {
    this.clear();
    if ("prices" in whole) this.#layers.push(whole);
    else this.apply(whole);
  }

  lay(layers: readonly PriceWords[]): void {
    this.#layers.push(...layers);
  }

  apply(levels: Levels): void {
    applyLevels(this.#flat(), levels);
  }

  clear(): void {
    this.#levels = new Map();
    this.#layers = [];
  }

  freeze(): PackedLevels {
    return new PackedLevels(this.#flat());
  }

  /** Best first, `count` at most. `sign` is -1 where the highest price is the best. */
  best(count: number, sign: 1 | -1): Level[] {
    if (this.#layers.length === 0 || count === Infinity) return sorted(this.#flat(), count, sign);
    return bestOf([new PackedLevels(this.#levels), ...this.#layers], count, sign);
  }

  #flat(): Map<number, number> {
    for (const layer of this.#layers) applyLevels(this.#levels, layer);
    this.#layers = [];
    return this.#levels;
  }
}

function sorted(side: ReadonlyMap<number, number>, count: number, sign: 1 | -1): Level[] {
  const prices = doublesOf(side.keys(), side.size).sort(); // of ten thousand levels six times as fast as sorting pairs
  if (sign < 0) prices.reverse();
  return Array.from(prices.subarray(0, Math.min(count, prices.length)), (price): Level => [price, side.get(price)!]);
}
