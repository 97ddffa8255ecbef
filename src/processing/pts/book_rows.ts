import { depth, type DepthEvent } from "../../events/depth.ts";
import type { EventBase, Origin } from "../../events/event_type.ts";
import type { BookRow, BookRun } from "../book/order_book.ts";
import type { PriceWords } from "../book/packed_levels.ts";
import type { PagedLists } from "../storage/level_lists.ts";
import { BookSide } from "./book_side.ts";
import type { Part } from "./part.ts";
import { partNumbers, TableRows } from "./table_rows.ts";

const PAGES_A_STOP = 2; // of each side: some 130,000 levels, applied in a few milliseconds

/** Rows of `depth` as the book takes them, straight from the columns it needs; no level becomes an object, and nothing is decoded unasked. */
export class BookRows implements BookRun {
  readonly rows: number;
  readonly #part: Part;
  readonly #events: TableRows<DepthEvent>;
  readonly #timeMax: number;
  readonly #numbers = new Map<string, Float64Array>();
  /** Undefined where the statistics say that there is none. */
  readonly #isSnapshot: Uint8Array | undefined;
  readonly #sides = new Map<"bids" | "asks", BookSide>();

  constructor(part: Part) {
    this.rows = part.rows;
    this.#part = part;
    this.#events = new TableRows<DepthEvent>(depth, part);
    this.#timeMax = part.range("recv_time")?.max ?? Infinity;
    this.#isSnapshot = part.range("is_snapshot")?.max === 0 ? undefined : flagsOf(part);
  }

  get firstIds(): Float64Array {
    return this.#column("firstUpdateId");
  }

  get lastIds(): Float64Array {
    return this.#column("lastUpdateId");
  }

  time(row: number): number {
    return this.#column("recvTime")[row]!;
  }

  isSnapshot(row: number): boolean {
    return this.#isSnapshot?.[row] === 1;
  }

  /** Was it received by then? */
  isBy(row: number, at: number): boolean {
    return this.#timeMax <= at || this.time(row) <= at;
  }

  /** The first row from `from` on, before `to`, that was received later; or `to`. */
  firstLater(from: number, to: number, at: number): number {
    if (this.#timeMax <= at) return to;
    const times = this.#column("recvTime");
    let row = from;
    while (row < to && times[row]! <= at) row++;
    return row;
  }

  /** The first one that was received by then; or `to`. */
  firstBy(from: number, to: number, at: number): number {
    if (from === to || this.#timeMax <= at) return from;
    const times = this.#column("recvTime");
    let row = from;
    while (row < to && times[row]! > at) row++;
    return row;
  }

  /** The first whole book from `from` on, before `to`; or `to`. */
  firstSnapshot(from: number, to: number): number {
    const found = this.#isSnapshot?.indexOf(1, from) ?? -1;
    return found === -1 ? to : Math.min(found, to);
  }

  /** The last one before a row; or -1. */
  lastSnapshot(before: number): number {
    return before === 0 ? -1 : this.#isSnapshot?.lastIndexOf(1, before - 1) ?? -1;
  }

  /** The latest time of some rows. */
  latest(from: number, to: number): number {
    const times = this.#column("recvTime");
    let latest = -Infinity;
    for (let row = from; row < to; row++) if (times[row]! > latest) latest = times[row]!;
    return latest;
  }

  /** From a row to the end, a stretch after each stop. */
  *stretches(from: number): Generator<[from: number, to: number]> {
    for (const to of [...this.#stops(), this.rows]) {
      if (to <= from) continue;
      yield [from, to];
      from = to;
    }
  }

  /** Rows where going on costs little, because pages begin there. */
  isStop(row: number): boolean {
    return this.#stops().includes(row);
  }

  row(row: number): BookRow {
    const [first, last] = [this.firstIds[row]!, this.lastIds[row]!];
    return {
      firstUpdateId: Number.isNaN(first) ? undefined : first,
      lastUpdateId: Number.isNaN(last) ? undefined : last,
      isSnapshot: this.isSnapshot(row),
      bids: this.#side("bids").levels(row),
      asks: this.#side("asks").levels(row),
    };
  }

  lastWords(side: "bids" | "asks", fromRow: number, toRow: number): PriceWords[] {
    return this.#side(side).lastWords(fromRow, toRow);
  }

  /** What a row says beside its book. */
  base(row: number): EventBase {
    const rows = this.#events;
    return {
      recvTime: this.time(row),
      eventTime: rows.field(row, "eventTime") as number | undefined,
      source: rows.field(row, "source") as string,
      symbol: rows.field(row, "symbol") as string,
      origin: rows.field(row, "origin") as Origin,
    };
  }

  #stops(): number[] {
    return this.#lists("bids").firstRows.slice(0, -1).filter((_, page) => page % PAGES_A_STOP === 0);
  }

  #column(field: "recvTime" | "firstUpdateId" | "lastUpdateId"): Float64Array {
    let numbers = this.#numbers.get(field);
    if (numbers === undefined) this.#numbers.set(field, numbers = partNumbers(depth as never, this.#part, field));
    return numbers;
  }

  #side(name: "bids" | "asks"): BookSide {
    let side = this.#sides.get(name);
    if (side === undefined) this.#sides.set(name, side = new BookSide(this.#lists(name)));
    return side;
  }

  #lists(name: "bids" | "asks"): PagedLists {
    return this.#part.lists(indexOf(name));
  }
}

function flagsOf(part: Part): Uint8Array {
  const column = part.column(indexOf("isSnapshot"));
  if (column.kind !== "flags") throw new TypeError("depth has no flags isSnapshot");
  return column.values;
}

function indexOf(field: keyof DepthEvent): number {
  return depth.columns.findIndex((each) => each.field === field);
}
