import { PackedLevels, setLevel } from "../book/packed_levels.ts";
import type { Doubles, LevelLists } from "../storage/level_lists.ts";
import type { PagedLists } from "./part.ts";

/** One side of many rows of `depth`, as they are stored. Pages are decoded when a row of them is asked for. */
export class BookSide {
  readonly #lists: PagedLists;

  constructor(lists: PagedLists) {
    this.#lists = lists;
  }

  /** Of one row, in memory of their own. */
  levels(row: number): PackedLevels {
    const page = this.#pageOf(row);
    const { starts, prices, sizes } = this.#lists.page(page);
    const at = row - this.#lists.firstRows[page]!;
    const [from, to] = [starts[at]!, starts[at + 1]!];
    return new PackedLevels(cut(prices, from, to), cut(sizes, from, to));
  }

  /** Rows from one to before another, one after the other. */
  apply(side: Map<number, number>, fromRow: number, toRow: number): void {
    const { firstRows } = this.#lists;
    for (let page = this.#pageOf(fromRow); firstRows[page]! < toRow; page++) {
      const [first, end] = [firstRows[page]!, firstRows[page + 1]!];
      applyRows(side, this.#lists.page(page), Math.max(fromRow, first) - first, Math.min(toRow, end) - first);
    }
  }

  #pageOf(row: number): number {
    const { firstRows } = this.#lists;
    let page = 0;
    while (firstRows[page + 1]! <= row) page++;
    return page;
  }
}

function applyRows(side: Map<number, number>, { starts, prices, sizes }: LevelLists, fromRow: number, toRow: number): void {
  const [from, to] = [starts[fromRow]!, starts[toRow]!];
  const { values, places } = prices;
  if (places === undefined || to - from < values.length) {
    for (let i = from; i < to; i++) setLevel(side, valueAt(prices, i), valueAt(sizes, i));
    return;
  }
  // Most levels change many times: only the last word on each price counts, and a dictionary tells which that is without any hashing.
  const last = new Uint32Array(values.length); // 1 + where; 0 = not among them
  for (let i = from; i < to;) last[places[i]!] = ++i;
  for (let place = 0; place < last.length; place++) {
    const at = last[place]!;
    if (at !== 0) setLevel(side, values[place]!, valueAt(sizes, at - 1));
  }
}

function valueAt({ values, places }: Doubles, index: number): number {
  return values[places === undefined ? index : places[index]!]!;
}

function cut({ values, places }: Doubles, from: number, to: number): Float64Array {
  if (places === undefined) return values.slice(from, to);
  const out = new Float64Array(to - from);
  for (let i = from; i < to; i++) out[i - from] = values[places[i]!]!;
  return out;
}
