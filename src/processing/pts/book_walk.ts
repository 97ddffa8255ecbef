import { dateOf, US_PER_DAY } from "../../lib/time.ts";
import { BookRows } from "./book_rows.ts";
import type { Part } from "./part.ts";
import type { StreamView } from "./stream_view.ts";

const DAYS_BACK_MAX = 8; // whole books are fetched with each day; a week without one is no recording

/** The parts that may hold rows received by a moment, the newest first. Each is opened when it is asked for, and its columns read once. */
export class BookWalk {
  readonly at: number;
  readonly #parts: Part[] = [];
  readonly #more: Iterator<Part>;
  readonly #rows = new Map<number, BookRows>();

  constructor(view: StreamView, at: number) {
    this.at = at;
    this.#more = partsBefore(view, at);
  }

  /** Undefined behind the oldest. */
  part(index: number): Part | undefined {
    while (this.#parts.length <= index) {
      const { done, value } = this.#more.next();
      if (done === true) return undefined;
      this.#parts.push(value);
    }
    return this.#parts[index];
  }

  rows(index: number): BookRows {
    let rows = this.#rows.get(index);
    if (rows === undefined) this.#rows.set(index, rows = new BookRows(this.#parts[index]!));
    return rows;
  }

  /** All its rows were received later. */
  isLater(index: number): boolean {
    const times = this.#parts[index]!.range("recv_time");
    return times === undefined || times.min > this.at;
  }

  mayHoldBooks(index: number): boolean {
    return !this.isLater(index) && this.#parts[index]!.range("is_snapshot")?.max !== 0;
  }
}

function* partsBefore(view: StreamView, at: number): Generator<Part, undefined> {
  const first = dateOf(at - DAYS_BACK_MAX * US_PER_DAY);
  for (const date of view.dates().filter((each) => each >= first && each <= dateOf(at)).reverse()) {
    yield* [...view.day(date)].reverse();
  }
}
