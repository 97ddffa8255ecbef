import type { EventBase } from "../../events/event_type.ts";
import { Lru } from "../../lib/lru.ts";
import type { FrozenBook } from "../book/order_book.ts";

/** The book before a row of a part, as everyone rebuilds it who looks no earlier than `maxTime`. */
export interface KeptBook {
  readonly book: FrozenBook;
  readonly row: number;
  /** The latest receive time of the rows it was made of. */
  readonly maxTime: number;
  /** The row that changed it last. */
  readonly last: EventBase;
}

interface KeptOfPart {
  /** By their place on a grid of rows, so that no two of them are neighbours. */
  readonly grid: ReadonlyMap<number, KeptBook>;
  /** Where the last question ended: the next one is often about a moment soon after. */
  readonly resting: KeptBook | undefined;
  readonly bytes: number;
}

const BYTES_MAX = 96 * 1024 * 1024; // a busy symbol's day, or an hour each of some twenty
const NONE: KeptOfPart = { grid: new Map(), resting: undefined, bytes: 0 };

/** Books on the way, so that nobody goes all the way from the last whole book again. Bounded; what was used last stays. */
export class KeptBooks {
  readonly #parts = new Lru<KeptOfPart>(BYTES_MAX);

  /** The furthest one of a part that holds for that moment. */
  newest(part: string, at: number): KeptBook | undefined {
    const { grid, resting } = this.#parts.get(part) ?? NONE;
    let newest = resting !== undefined && resting.maxTime <= at ? resting : undefined;
    for (const kept of grid.values()) if (kept.maxTime <= at && kept.row > (newest?.row ?? -1)) newest = kept;
    return newest;
  }

  hasPlace(part: string, place: number): boolean {
    return (this.#parts.get(part) ?? NONE).grid.has(place);
  }

  keep(part: string, place: number, kept: KeptBook): void {
    const known = this.#parts.get(part) ?? NONE;
    this.#set(part, { ...known, grid: new Map([...known.grid, [place, kept]]) }, kept.book.bytes);
  }

  rest(part: string, kept: KeptBook): void {
    const known = this.#parts.get(part) ?? NONE;
    this.#set(part, { ...known, resting: kept }, kept.book.bytes - (known.resting?.book.bytes ?? 0));
  }

  #set(part: string, of: KeptOfPart, added: number): void {
    const bytes = of.bytes + added;
    this.#parts.set(part, { ...of, bytes }, bytes);
  }
}
