import type { EventType } from "../../events/event_type.ts";
import { type PagedLists, startsOf } from "../storage/level_lists.ts";
import type { SealedColumn, SealedTable } from "../storage/table.ts";
import { numbersOf } from "./table_rows.ts";

/** Smallest and largest value of a column in a part. */
export interface Range {
  readonly min: number;
  readonly max: number;
}

/** Some rows of a stream that stand together: a row group of a day file, a chunk, or what is still in memory. */
export interface Part {
  /** Parts of one name begin with the same rows, now and later. */
  readonly name: string;
  readonly rows: number;
  /** Undefined where all are null or nobody knows; then any value must be expected. A flag counts as 0 and 1. */
  range(column: string): Range | undefined;
  /** What all rows say in a column, where that is a text or nothing and the statistics tell. */
  only(column: string): { readonly value: string | undefined } | undefined;
  /** All three throw for what cannot be read whole. `index` is the column's place in its type. */
  column(index: number): SealedColumn;
  lists(index: number): PagedLists;
  read(): SealedTable;
}

/** Rows that are in memory already. */
export class TablePart implements Part {
  readonly name: string;
  readonly #type: EventType;
  readonly #table: SealedTable;

  constructor(name: string, type: EventType, table: SealedTable) {
    this.name = name;
    this.#type = type;
    this.#table = table;
  }

  get rows(): number {
    return this.#table.rows;
  }

  range(column: string): Range | undefined {
    const found = this.#type.columns.find(({ name }) => name === column);
    if (found === undefined || !["timestamp", "int64", "double"].includes(found.kind)) return undefined;
    let min = Infinity;
    let max = -Infinity;
    for (const value of numbersOf(this.#type, this.#table, found.field)) {
      if (value < min) min = value;
      if (value > max) max = value;
    }
    return min > max ? undefined : { min, max };
  }

  only(): undefined {
    return undefined;
  }

  column(index: number): SealedColumn {
    return this.#table.columns[index]!;
  }

  lists(index: number): PagedLists {
    const column = this.column(index);
    if (column.kind !== "levels") throw new TypeError(`${this.#type.name} has no levels in column ${index}`);
    const starts = startsOf(column.counts);
    const { prices, sizes } = column;
    return {
      firstRows: [0, this.rows],
      starts: () => starts,
      prices: () => ({ values: prices, places: undefined }),
      sizes: () => ({ values: sizes, places: undefined }),
    };
  }

  read(): SealedTable {
    return this.#table;
  }
}
