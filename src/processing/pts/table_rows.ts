import type { EventBase, EventType, Level } from "../../events/event_type.ts";
import { unreachable } from "../../lib/assert.ts";
import type { SealedColumn, SealedTable } from "../storage/table.ts";

type Reader = (row: number) => unknown;

/** A table's rows as events, one at a time. */
export class TableRows<T extends EventBase> {
  readonly rows: number;
  readonly #fields: ReadonlyMap<string, Reader>;
  readonly #recvTimes: Float64Array;

  constructor(type: EventType<T>, table: SealedTable) {
    this.rows = table.rows;
    this.#fields = new Map(type.columns.map(({ field, kind }, i) => [field, readerOf(table.columns[i]!, kind === "boolean")]));
    this.#recvTimes = numbersOf(type as unknown as EventType, table, "recvTime");
  }

  recvTime(row: number): number {
    return this.#recvTimes[row]!;
  }

  event(row: number): T {
    const event: Record<string, unknown> = {};
    for (const [field, read] of this.#fields) event[field] = read(row);
    return event as unknown as T;
  }

  field(row: number, name: keyof T & string): unknown {
    return this.#fields.get(name)?.(row);
  }
}

/** A column of numbers as it is; NaN is null. */
export function numbersOf(type: EventType, table: SealedTable, field: string): Float64Array {
  const column = table.columns[type.columns.findIndex((each) => each.field === field)];
  if (column?.kind !== "numbers") throw new TypeError(`${type.name} has no column of numbers ${field}`);
  return column.values;
}

function readerOf(column: SealedColumn, isFlag: boolean): Reader {
  switch (column.kind) {
    case "numbers":
      return (row) => Number.isNaN(column.values[row]!) ? undefined : column.values[row]!;
    case "flags":
      return (row) => isFlag ? column.values[row] === 1 : column.values[row];
    case "texts":
      return (row) => column.codes[row] === 0 ? undefined : column.values[column.codes[row]! - 1];
    case "levels": {
      const starts = new Uint32Array(column.counts.length + 1);
      for (let i = 0; i < column.counts.length; i++) starts[i + 1] = starts[i]! + column.counts[i]!;
      return (row) => {
        const levels: Level[] = [];
        for (let i = starts[row]!; i < starts[row + 1]!; i++) levels.push([column.prices[i]!, column.sizes[i]!]);
        return levels;
      };
    }
    default:
      return unreachable(column);
  }
}
