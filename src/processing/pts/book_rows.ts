import { depth, type DepthEvent } from "../../events/depth.ts";
import type { EventBase, Origin } from "../../events/event_type.ts";
import type { BookRow } from "../book/order_book.ts";
import { PackedLevels } from "../book/packed_levels.ts";
import type { Part } from "./part.ts";
import { partNumbers, TableRows } from "./table_rows.ts";

/** Rows of `depth` as the book takes them, straight from the columns it needs; no level becomes an object. */
export class BookRows {
  readonly rows: number;
  readonly times: Float64Array;
  readonly #part: Part;
  readonly #events: TableRows<DepthEvent>;
  readonly #isSnapshot: Uint8Array;
  readonly #firstIds: Float64Array;
  readonly #lastIds: Float64Array;
  #bids: Side | undefined;
  #asks: Side | undefined;

  constructor(part: Part) {
    this.rows = part.rows;
    this.#part = part;
    this.#events = new TableRows<DepthEvent>(depth, part);
    this.times = partNumbers(depth as never, part, "recvTime");
    this.#isSnapshot = flagsOf(part);
    this.#firstIds = partNumbers(depth as never, part, "firstUpdateId");
    this.#lastIds = partNumbers(depth as never, part, "lastUpdateId");
  }

  isSnapshot(row: number): boolean {
    return this.#isSnapshot[row] === 1;
  }

  /** NaN where the venue numbers nothing. */
  lastId(row: number): number {
    return this.#lastIds[row]!;
  }

  row(row: number): BookRow {
    const [first, last] = [this.#firstIds[row]!, this.#lastIds[row]!];
    this.#bids ??= new Side(this.#part, "bids");
    this.#asks ??= new Side(this.#part, "asks");
    return {
      firstUpdateId: Number.isNaN(first) ? undefined : first,
      lastUpdateId: Number.isNaN(last) ? undefined : last,
      isSnapshot: this.isSnapshot(row),
      bids: this.#bids.levels(row),
      asks: this.#asks.levels(row),
    };
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

class Side {
  readonly #prices: Float64Array;
  readonly #sizes: Float64Array;
  readonly #starts: Uint32Array;

  constructor(part: Part, field: "bids" | "asks") {
    const column = part.column(depth.columns.findIndex((each) => each.field === field));
    if (column.kind !== "levels") throw new TypeError(`depth has no levels ${field}`);
    this.#prices = column.prices;
    this.#sizes = column.sizes;
    this.#starts = new Uint32Array(column.counts.length + 1);
    for (let i = 0; i < column.counts.length; i++) this.#starts[i + 1] = this.#starts[i]! + column.counts[i]!;
  }

  levels(row: number): PackedLevels {
    return new PackedLevels(this.#prices, this.#sizes, this.#starts[row]!, this.#starts[row + 1]!);
  }
}

function flagsOf(part: Part): Uint8Array {
  const column = part.column(depth.columns.findIndex(({ field }) => field === "isSnapshot"));
  if (column.kind !== "flags") throw new TypeError("depth has no flags isSnapshot");
  return column.values;
}
