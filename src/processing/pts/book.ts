import type { DepthEvent } from "../../events/depth.ts";
import { type BookRow, type ContinuityRule, OrderBook } from "../book/order_book.ts";
import type { BookRows } from "./book_rows.ts";
import { BookWalk } from "./book_walk.ts";
import { type KeptBook, KeptBooks } from "./kept_books.ts";
import type { StreamView } from "./stream_view.ts";

/** The whole book at a moment; or the hole that ended it, where no whole book has come since. */
export type BookAnswer = { readonly event: DepthEvent } | { readonly hole: BookHole };

export interface BookHole {
  readonly afterId: number | undefined;
  readonly beforeId: number | undefined;
  readonly fromTime: number;
  readonly toTime: number;
}

/** Somewhere in the rows: the book is begun, and goes on with `row`. */
interface Start {
  readonly book: OrderBook;
  readonly row: number;
  /** As in a kept book; decoded when somebody wants to know. */
  maxTime(): number;
  last(): KeptBook["last"];
  /** Index of the part in the walk. */
  readonly part: number;
}

/**
 * Rebuilds books as who has heard the rows has them (`OrderBook`): from the newest whole book received by then on, or from a book that was
 * kept (`keepTo`). Statistics say in which parts neither can be.
 */
export class BookReader {
  readonly #kept = new KeptBooks();

  /** At most so many levels of each side. Undefined where no whole book was received by then that the changes go on from. */
  asOf(view: StreamView, rule: ContinuityRule | undefined, at: number, levels = Infinity): BookAnswer | undefined {
    const sure = this.#gone(view, rule, at, false);
    if (sure === undefined) return undefined;
    const { book, hole, last } = sure;
    if (!book.isWhole) return { hole: hole! }; // it was whole at the start
    const whole = { firstUpdateId: undefined, lastUpdateId: book.lastUpdateId, prevUpdateId: undefined, isSnapshot: true };
    return { event: { ...last(), ...whole, bids: book.bids(levels), asks: book.asks(levels) } };
  }

  /** Goes to that moment and keeps books on the way, which costs more than an answer: every level is looked at. */
  keepTo(view: StreamView, rule: ContinuityRule | undefined, at: number): void {
    this.#gone(view, rule, at, view.unreadable.length === 0);
  }

  #gone(view: StreamView, rule: ContinuityRule | undefined, at: number, isKeeping: boolean): Going | undefined {
    const going = this.#walked(view, rule, at, isKeeping, true);
    return going?.isUnsure === true ? this.#walked(view, rule, at, isKeeping, false) : going;
  }

  #walked(view: StreamView, rule: ContinuityRule | undefined, at: number, isKeeping: boolean, mayUseKept: boolean): Going | undefined {
    const walk = new BookWalk(view, at);
    for (let part = 0; walk.part(part) !== undefined; part++) {
      const start = this.#startIn(walk, part, rule, mayUseKept);
      if (start !== undefined) return this.#goOn(walk, start, isKeeping);
    }
    return undefined;
  }

  /** The furthest start in a part. */
  #startIn(walk: BookWalk, part: number, rule: ContinuityRule | undefined, mayUseKept: boolean): Start | undefined {
    const { name } = walk.part(part)!;
    const kept = mayUseKept ? this.#kept.newest(name, walk.at) : undefined;
    if (walk.mayHoldBooks(part)) {
      const rows = walk.rows(part);
      for (let row = rows.lastSnapshot(rows.rows); row >= (kept?.row ?? 0); row = rows.lastSnapshot(row)) {
        if (!rows.isBy(row, walk.at)) continue;
        const book = begunWith(walk, part, row, rule);
        if (book !== undefined) return { part, book, row: row + 1, maxTime: () => rows.time(row), last: () => rows.base(row) };
      }
    }
    if (kept === undefined) return undefined;
    return { part, book: OrderBook.of(rule, kept.book), row: kept.row, maxTime: () => kept.maxTime, last: () => kept.last };
  }

  #goOn(walk: BookWalk, start: Start, isKeeping: boolean): Going {
    const going = new Going(start, walk.at, isKeeping);
    for (let part = start.part; part >= 0; part--) {
      if (walk.isLater(part)) {
        going.isBehind = true;
        continue;
      }
      const { name } = walk.part(part)!;
      const rows = walk.rows(part);
      const first = part === start.part ? start.row : 0;
      for (const [from, to] of isKeeping ? rows.stretches(first) : [[first, rows.rows] as const]) {
        if (isKeeping && going.mayKeep && rows.isStop(from) && !this.#kept.has(name, from)) this.#kept.keep(name, going.kept(from));
        going.take(rows, from, to, name);
      }
    }
    if (isKeeping && going.mayRest && going.name !== "") this.#kept.rest(going.name, going.kept(going.row));
    return going;
  }
}

/** A book that changes row by row, and what is to be known of the way. */
class Going {
  readonly book: OrderBook;
  hole: BookHole | undefined;
  /** What the row said that changed it last. */
  last: () => KeptBook["last"];
  /** A row received later was passed: who looks later has another book from here on. */
  isBehind = false;
  /** A whole book came that a kept one cannot judge. */
  isUnsure = false;
  /** The part and the row it goes on with. */
  name = "";
  row: number;
  readonly #at: number;
  readonly #isKeeping: boolean;
  /** Rows were taken behind one that was received later. */
  #isAhead = false;
  #maxTime: number;

  constructor({ book, row, maxTime, last }: Start, at: number, isKeeping: boolean) {
    this.book = book;
    this.row = row;
    this.last = last;
    this.#at = at;
    this.#isKeeping = isKeeping;
    this.#maxTime = isKeeping ? maxTime() : -Infinity;
  }

  get mayKeep(): boolean {
    return !this.isUnsure && !this.isBehind && this.book.isWhole;
  }

  get mayRest(): boolean {
    return !this.isUnsure && !this.#isAhead && this.book.isWhole;
  }

  /** The rows of a part from one to before another that were received by then. */
  take(rows: BookRows, from: number, to: number, name: string): void {
    for (let row = from; row < to;) {
      const later = rows.firstLater(row, to, this.#at);
      this.#takeReceived(rows, row, later, name);
      if (later < to) this.isBehind = true;
      row = rows.firstBy(later, to, this.#at);
    }
  }

  kept(row: number): KeptBook {
    return { book: this.book.freeze(), row, maxTime: this.#maxTime, last: this.last() };
  }

  #takeReceived(rows: BookRows, from: number, to: number, name: string): void {
    if (from === to) return;
    if (this.isBehind) this.#isAhead = true;
    if (this.#isKeeping) this.#maxTime = Math.max(this.#maxTime, rows.latest(from, to));
    this.name = name;
    this.row = to;
    let snapshot = rows.firstSnapshot(from, to);
    for (let row = from; row < to;) {
      if (row > snapshot) snapshot = rows.firstSnapshot(row, to);
      const done = this.book.applyRun(rows, row, snapshot);
      if (done > row) this.last = () => rows.base(done - 1);
      else this.#takeOne(rows, row);
      row = Math.max(done, row + 1);
    }
  }

  #takeOne(rows: BookRows, row: number): void {
    const change = rows.row(row);
    if (change.isSnapshot && !this.book.canJudge(change)) this.isUnsure = true;
    const [wasWhole, afterId, applied] = [this.book.isWhole, this.book.lastUpdateId, this.book.apply(change)];
    if (applied === "gap" && wasWhole) {
      const beforeId = change.firstUpdateId ?? change.lastUpdateId;
      this.hole = { afterId, beforeId, fromTime: this.last().recvTime, toTime: rows.time(row) };
    }
    if (applied === "applied") this.last = () => rows.base(row);
  }
}

/**
 * A book that begins with the whole one of that row. Its venue's answer may lag its own stream, so the changes after it that were received
 * before it come first. Undefined where it does not count: changes between it and those are missing, or it is older than a book before it.
 */
function begunWith(walk: BookWalk, part: number, row: number, rule: ContinuityRule | undefined): OrderBook | undefined {
  const whole = walk.rows(part).row(row);
  const book = new OrderBook(rule);
  const newer = newerBefore(walk, part, row, whole.lastUpdateId);
  if (newer === undefined) return undefined;
  for (const change of newer.reverse()) book.apply(change);
  return book.apply(whole) === "applied" ? book : undefined;
}

/** Changes with higher ids that were received before, the last one first; undefined where one of them is a whole book. */
function newerBefore(walk: BookWalk, part: number, row: number, id: number | undefined): BookRow[] | undefined {
  const newer: BookRow[] = [];
  if (id === undefined) return newer;
  for (let older = part; walk.part(older) !== undefined; older++) {
    if (walk.isLater(older)) continue;
    const rows = walk.rows(older);
    for (let each = older === part ? row - 1 : rows.rows - 1; each >= 0; each--) {
      if (!rows.isBy(each, walk.at)) continue;
      if (rows.isSnapshot(each)) {
        if (rows.lastIds[each]! > id) return undefined;
      } else if (rows.lastIds[each]! > id) newer.push(rows.row(each));
      else return newer;
    }
  }
  return newer;
}
