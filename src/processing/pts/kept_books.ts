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
  /** At stops of the part, by their row. */
  readonly atStops: ReadonlyMap<number, KeptBook>;
  /** Where keeping ended last: it goes on from there. */
  readonly resting: KeptBook | undefined;
  readonly bytes: number;
}

const BYTES_MAX = 96 * 1024 * 1024; // some 250 books of a busy symbol: its day
const NONE: KeptOfPart = { atStops: new Map(), resting: undefined, bytes: 0 };

/** Books on the way, so that nobody goes all the way from the last whole book again. Bounded; what was used last stays. */
export class KeptBooks {
  readonly #parts = new Lru<KeptOfPart>(BYTES_MAX);

  /** The furthest one of a part that holds for that moment. */
  newest(part: string, at: number): KeptBook | undefined {
    const { atStops, resting } = this.#of(part);
    let newest = resting !== undefined && resting.maxTime <= at ? resting : undefined;
    for (const kept of atStops.values()) if (kept.maxTime <= at && kept.row > (newest?.row ?? -1)) newest = kept;
    return newest;
  }

  has(part: string, row: number): boolean {
    return this.#of(part).atStops.has(row);
  }

  keep(part: string, kept: KeptBook): void {
    const known = this.#of(part);
    this.#set(part, { ...known, atStops: new Map([...known.atStops, [kept.row, kept]]) }, kept.book.bytes);
  }

  rest(part: string, resting: KeptBook): void {
    const known = this.#of(part);
    this.#set(part, { ...known, resting }, resting.book.bytes - (known.resting?.book.bytes ?? 0));
  }

  #of(part: string): KeptOfPart {
    return this.#parts.get(part) ?? NONE;
  }

  #set(part: string, of: KeptOfPart, added: number): void {
    const bytes = of.bytes + added;
    this.#parts.set(part, { ...of, bytes }, bytes);
  }
}
