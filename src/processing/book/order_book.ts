import { depth, type DepthEvent } from "../../events/depth.ts";
import type { Level, SequenceKey } from "../../events/event_type.ts";

/** The venue's rule for what follows what; absent where it numbers nothing. */
export type ContinuityRule = (previous: SequenceKey, next: SequenceKey) => "next" | "duplicate" | "gap";

/** `applied`: the book is one change further · `waiting`: kept until a whole book comes · `stale`: adds nothing · `gap`: the book is gone. */
export type Applied = "applied" | "waiting" | "stale" | "gap";

const RECENT_MAX = 1_024; // changes kept for a whole book that is older than they are: a hundred seconds of them

/**
 * The order book of one symbol out of the rows of `depth`, in order of arrival: whole books and changes of either origin. It obeys the
 * venues' published procedure ("How to manage a local order book correctly"): changes wait for a whole book, what it holds already is
 * skipped, what lies behind a hole ends it, and a whole book replaces everything, so that levels the venue never took back are gone.
 */
export class OrderBook {
  readonly #rule: ContinuityRule | undefined;
  #bids = new Map<number, number>();
  #asks = new Map<number, number>();
  /** What the book contains; undefined while there is none. */
  #position: SequenceKey | undefined;
  #isWhole = false;
  /** The unbroken run of changes up to now, applied or waiting. */
  #recent: DepthEvent[] = [];

  constructor(rule: ContinuityRule | undefined) {
    this.#rule = rule;
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
    return sorted(this.#bids, count, -1);
  }

  asks(count = Infinity): Level[] {
    return sorted(this.#asks, count, 1);
  }

  apply(event: DepthEvent): Applied {
    return event.isSnapshot ? this.#begin(event) : this.#change(event);
  }

  #begin(book: DepthEvent): Applied {
    const position = depth.sequenceKey(book);
    const newer = position === undefined ? [] : this.#recent.filter((event) => keyOf(event)[1] > position[1]);
    // Too old: changes between it and the first we have are missing, or between it and the book we have.
    if (position !== undefined && newer.length > 0 && this.#follow(position, keyOf(newer[0]!)) === "gap") return "stale";
    if (position !== undefined && newer.length === 0 && this.#position !== undefined && position[1] < this.#position[1]) return "stale";
    this.#bids = new Map(book.bids.filter(([, size]) => size !== 0));
    this.#asks = new Map(book.asks.filter(([, size]) => size !== 0));
    this.#position = position;
    this.#isWhole = true;
    this.#recent = newer;
    for (const event of newer) this.#take(event);
    return "applied";
  }

  #change(event: DepthEvent): Applied {
    const key = depth.sequenceKey(event);
    if (key === undefined) {
      if (this.#isWhole) this.#take(event);
      return this.#isWhole ? "applied" : "waiting";
    }
    const last = this.#position ?? (this.#recent.length === 0 ? undefined : keyOf(this.#recent.at(-1)!));
    const follows = last === undefined ? "next" : this.#follow(last, key);
    if (follows === "duplicate") return "stale";
    if (follows === "gap") this.#forget();
    this.#recent.push(event);
    if (this.#recent.length > RECENT_MAX) this.#recent.shift();
    if (follows === "gap") return "gap";
    if (!this.#isWhole) return "waiting";
    this.#take(event);
    return "applied";
  }

  #take(event: DepthEvent): void {
    this.#position = depth.sequenceKey(event) ?? this.#position;
    for (const [side, levels] of [[this.#bids, event.bids], [this.#asks, event.asks]] as const) {
      for (const [price, size] of levels) size === 0 ? side.delete(price) : side.set(price, size);
    }
  }

  #forget(): void {
    this.#bids.clear();
    this.#asks.clear();
    this.#position = undefined;
    this.#isWhole = false;
    this.#recent = [];
  }

  #follow(previous: SequenceKey, next: SequenceKey): "next" | "duplicate" | "gap" {
    return this.#rule === undefined ? next[1] > previous[1] ? "next" : "duplicate" : this.#rule(previous, next);
  }
}

function keyOf(event: DepthEvent): SequenceKey {
  return depth.sequenceKey(event)!;
}

function sorted(side: ReadonlyMap<number, number>, count: number, sign: number): Level[] {
  return [...side].sort((a, b) => sign * (a[0] - b[0])).slice(0, count);
}
