import { type DepthEvent, depthKey } from "../../events/depth.ts";
import type { Level, SequenceKey } from "../../events/event_type.ts";
import { LayeredSide } from "./layered_side.ts";
import type { Levels, PackedLevels, PriceWords } from "./packed_levels.ts";

/** What the book needs of a row: an event, or a row of a table. */
export interface BookRow extends Pick<DepthEvent, "firstUpdateId" | "lastUpdateId" | "isSnapshot"> {
  readonly bids: Levels;
  readonly asks: Levels;
}

/** Many rows one after the other. Ids are NaN where the venue gives none. */
export interface BookRun {
  readonly firstIds: Float64Array;
  readonly lastIds: Float64Array;
  row(row: number): BookRow;
  /** Of the levels of rows from one to before another the last word on each price, the older first where there are several. */
  lastWords(side: "bids" | "asks", fromRow: number, toRow: number): PriceWords[];
}

/** The venue's rule for what follows what; absent where it numbers nothing. */
export type ContinuityRule = (previous: SequenceKey, next: SequenceKey) => "next" | "duplicate" | "gap";

/** `applied`: the book is one change further · `waiting`: kept until a whole book comes · `stale`: adds nothing · `gap`: the book is gone. */
export type Applied = "applied" | "waiting" | "stale" | "gap";

const RECENT_MAX = 1_024; // changes kept, at least, for a whole book that is older than they are: a hundred seconds of them
const PARTS_MAX = 64;
const LEVEL_BYTES = 16;

/** A whole book at one moment, without the changes that led to it. `bytes` is about what it takes in memory. */
export interface FrozenBook {
  readonly bids: PackedLevels;
  readonly asks: PackedLevels;
  readonly position: SequenceKey | undefined;
  readonly bytes: number;
}

interface RunPart {
  readonly run: BookRun;
  readonly from: number;
  readonly to: number;
}

/**
 * The order book of one symbol out of the rows of `depth`, in order of arrival: whole books and changes of either origin. It obeys the
 * venues' published procedure ("How to manage a local order book correctly"): changes wait for a whole book, what it holds already is
 * skipped, what lies behind a hole ends it, and a whole book replaces everything, so that levels the venue never took back are gone.
 */
export class OrderBook {
  readonly #rule: ContinuityRule;
  #bids = new LayeredSide();
  #asks = new LayeredSide();
  /** What the book contains; undefined while there is none. */
  #position: SequenceKey | undefined;
  #isWhole = false;
  /** The unbroken run of changes up to now, applied or waiting. */
  #recent: BookRow[] = [];
  /** Behind them in that run: what came in bulk and nobody needed yet. */
  #recentParts: RunPart[] = [];
  /** Changes up to this id are not among them, though they were heard. */
  #forgottenId = -Infinity;

  constructor(rule: ContinuityRule | undefined) {
    this.#rule = rule ?? byLastId;
  }

  /** There is a book, and it is the venue's as of `lastUpdateId`. */
  get isWhole(): boolean {
    return this.#isWhole;
  }

  /** Undefined while there is no book, and where the venue numbers nothing. */
  get lastUpdateId(): number | undefined {
    return this.#isWhole ? this.#position?.[1] : undefined;
  }

  /** Best first, `count` at most. */
  bids(count = Infinity): Level[] {
    return this.#bids.best(count, -1);
  }

  asks(count = Infinity): Level[] {
    return this.#asks.best(count, 1);
  }

  /** The whole book as it is now, to begin with later. */
  freeze(): FrozenBook {
    const [bids, asks] = [this.#bids.freeze(), this.#asks.freeze()];
    return { bids, asks, position: this.#position, bytes: LEVEL_BYTES * (bids.prices.length + asks.prices.length) };
  }

  static of(rule: ContinuityRule | undefined, { bids, asks, position }: FrozenBook): OrderBook {
    const book = new OrderBook(rule);
    book.#bids.begin(bids);
    book.#asks.begin(asks);
    book.#position = position;
    book.#isWhole = true;
    book.#forgottenId = position?.[1] ?? -Infinity;
    return book;
  }

  /** False where only the changes before it was frozen could say what that whole book is worth. */
  canJudge({ lastUpdateId }: Pick<BookRow, "lastUpdateId">): boolean {
    return (lastUpdateId ?? Infinity) >= this.#forgottenId;
  }

  apply(event: BookRow): Applied {
    return event.isSnapshot ? this.#begin(event) : this.#change(event);
  }

  /**
   * What `apply` of each change would do, as long as each simply follows the one before: a thousand times as many in the same time. Returns
   * the row where that ends; there `apply` decides.
   */
  applyRun(run: BookRun, fromRow: number, toRow: number): number {
    if (!this.#isWhole || this.#position === undefined) return fromRow;
    const { firstIds, lastIds } = run;
    const follow = this.#rule;
    // Two keys take turns: a new one a row, or one that is copied, costs twice as much.
    let previous: [number, number] = [...this.#position];
    let next: [number, number] = [0, 0];
    let row = fromRow;
    for (; row < toRow; row++) {
      const first = firstIds[row]!;
      const last = lastIds[row]!;
      next[0] = Number.isNaN(first) ? last : first;
      next[1] = last;
      if (Number.isNaN(last) || follow(previous, next) !== "next") break;
      const passed = previous;
      previous = next;
      next = passed;
    }
    if (row === fromRow) return row;
    this.#bids.lay(run.lastWords("bids", fromRow, row));
    this.#asks.lay(run.lastWords("asks", fromRow, row));
    this.#position = previous;
    this.#recentParts.push({ run, from: Math.max(fromRow, row - RECENT_MAX), to: row });
    if (this.#recentParts.length > PARTS_MAX) this.#recentRows();
    return row;
  }

  #begin(book: BookRow): Applied {
    const position = depthKey(book);
    const newer = position === undefined ? [] : this.#recentRows().filter((event) => keyOf(event)[1] > position[1]);
    // Too old: changes between it and the first we have are missing, or between it and the book we have.
    if (position !== undefined && newer.length > 0 && this.#rule(position, keyOf(newer[0]!)) === "gap") return "stale";
    if (position !== undefined && newer.length === 0 && this.#position !== undefined && position[1] < this.#position[1]) return "stale";
    this.#bids.begin(book.bids);
    this.#asks.begin(book.asks);
    this.#position = position;
    this.#isWhole = true;
    this.#recent = newer;
    this.#forgottenId = -Infinity;
    for (const event of newer) this.#take(event);
    return "applied";
  }

  #change(event: BookRow): Applied {
    const key = depthKey(event);
    if (key === undefined) {
      if (this.#isWhole) this.#take(event);
      return this.#isWhole ? "applied" : "waiting";
    }
    const recent = this.#recentRows();
    const last = this.#position ?? (recent.length === 0 ? undefined : keyOf(recent.at(-1)!));
    const follows = last === undefined ? "next" : this.#rule(last, key);
    if (follows === "duplicate") return "stale";
    if (follows === "gap") this.#forget();
    this.#recent.push(event);
    if (follows === "gap") return "gap";
    if (!this.#isWhole) return "waiting";
    this.#take(event);
    return "applied";
  }

  #take(event: BookRow): void {
    this.#position = depthKey(event) ?? this.#position;
    this.#bids.apply(event.bids);
    this.#asks.apply(event.asks);
  }

  #forget(): void {
    this.#bids.clear();
    this.#asks.clear();
    this.#position = undefined;
    this.#isWhole = false;
    this.#recent = [];
    this.#recentParts = [];
    this.#forgottenId = -Infinity;
  }

  /** RECENT_MAX of them at least. */
  #recentRows(): readonly BookRow[] {
    for (const { run, from, to } of this.#recentParts) for (let row = from; row < to; row++) this.#recent.push(run.row(row));
    this.#recentParts = [];
    if (this.#recent.length >= 2 * RECENT_MAX) this.#recent = this.#recent.slice(-RECENT_MAX);
    return this.#recent;
  }
}

function keyOf(event: BookRow): SequenceKey {
  return depthKey(event)!;
}

/** Of a venue without a rule: what is newer follows. */
function byLastId(previous: SequenceKey, next: SequenceKey): "next" | "duplicate" {
  return next[1] > previous[1] ? "next" : "duplicate";
}
