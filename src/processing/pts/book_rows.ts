import { depth, type DepthEvent } from "../../events/depth.ts";
import type { EventBase, Origin } from "../../events/event_type.ts";
import type { BookRow, BookRun } from "../book/order_book.ts";
import { BookSide } from "./book_side.ts";
import type { Part } from "./part.ts";
import { partNumbers, TableRows } from "./table_rows.ts";

const PAGES_A_STOP = 2; // of each side: some 130,000 levels, applied in a few milliseconds

/** Rows of `depth` as the book takes them, straight from the columns it needs; no level becomes an object. */
export class BookRows implements BookRun {
  readonly rows: number;
  readonly times: Float64Array;
  readonly firstIds: Float64Array;
  readonly lastIds: Float64Array;
  readonly #events: TableRows<DepthEvent>;
  readonly #isSnapshot: Uint8Array;
  readonly #stops: readonly number[];
  readonly #bids: BookSide;
  readonly #asks: BookSide;

  constructor(part: Part) {
    this.rows = part.rows;
    this.#events = new TableRows<DepthEvent>(depth, part);
    this.times = partNumbers(depth as never, part, "recvTime");
    this.#isSnapshot = flagsOf(part);
    this.firstIds = partNumbers(depth as never, part, "firstUpdateId");
    this.lastIds = partNumbers(depth as never, part, "lastUpdateId");
    const bids = part.lists(indexOf("bids"));
    this.#bids = new BookSide(bids);
    this.#asks = new BookSide(part.lists(indexOf("asks")));
    this.#stops = bids.firstRows.slice(0, -1).filter((_, page) => page % PAGES_A_STOP === 0);
  }

  isSnapshot(row: number): boolean {
    return this.#isSnapshot[row] === 1;
  }

  /** From a row to the end, a stretch after each stop. */
  *stretches(from: number): Generator<[from: number, to: number]> {
    for (const to of [...this.#stops, this.rows]) {
      if (to <= from) continue;
      yield [from, to];
      from = to;
    }
  }

  /** Rows where going on costs little, because pages begin there. */
  isStop(row: number): boolean {
    return this.#stops.includes(row);
  }

  row(row: number): BookRow {
    const [first, last] = [this.firstIds[row]!, this.lastIds[row]!];
    return {
      firstUpdateId: Number.isNaN(first) ? undefined : first,
      lastUpdateId: Number.isNaN(last) ? undefined : last,
      isSnapshot: this.isSnapshot(row),
      bids: this.#bids.levels(row),
      asks: this.#asks.levels(row),
    };
  }

  applyTo(to: { readonly bids: Map<number, number>; readonly asks: Map<number, number> }, fromRow: number, toRow: number): void {
    this.#bids.apply(to.bids, fromRow, toRow);
    this.#asks.apply(to.asks, fromRow, toRow);
  }

  /** What a row says beside its book. */
  base(row: number): EventBase {
    const rows = this.#events;
    return {
      recvTime: this.times[row]!,
      eventTime: rows.field(row, "eventTime") as number | undefined,
      source: rows.field(row, "source") as string,
      symbol: rows.field(row, "symbol") as string,
      origin: rows.field(row, "origin") as Origin,
    };
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
