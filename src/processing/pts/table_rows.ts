import type { EventBase, EventType, Level } from "../../events/event_type.ts";
import { unreachable } from "../../lib/assert.ts";
import type { SealedColumn, SealedTable } from "../storage/table.ts";
import type { Part } from "./part.ts";

type Reader = (row: number) => unknown;

/** A table's rows as events, one at a time. A column of a part is read when it is first asked for. */
export class TableRows<T extends EventBase> {
  readonly rows: number;
  readonly #type: EventType<T>;
  readonly #columnAt: (index: number) => SealedColumn;
  readonly #onlyIn: (column: string) => { readonly value: string | undefined } | undefined;
  readonly #readers = new Map<string, Reader>();

  constructor(type: EventType<T>, from: SealedTable | Part) {
    this.rows = from.rows;
    this.#type = type;
    this.#columnAt = "columns" in from ? (index) => from.columns[index]! : (index) => from.column(index);
    this.#onlyIn = "columns" in from ? () => undefined : (column) => from.only(column);
  }

  recvTime(row: number): number {
    return this.field(row, "recvTime") as number;
  }

  event(row: number): T {
    const event: Record<string, unknown> = {};
    for (const { field } of this.#type.columns) event[field] = this.field(row, field);
    return event as unknown as T;
  }

  field(row: number, name: keyof T & string): unknown {
    let reader = this.#readers.get(name);
    if (reader === undefined) this.#readers.set(name, reader = this.#reader(name));
    return reader(row);
  }

  #reader(field: string): Reader {
    const index = this.#type.columns.findIndex((each) => each.field === field);
    const { name, kind } = this.#type.columns[index]!;
    const only = kind === "levels" ? undefined : this.#onlyIn(name);
    return only === undefined ? readerOf(this.#columnAt(index), kind === "boolean") : () => only.value;
  }
}

/** A column of numbers as it is; NaN is null. */
export function numbersOf(type: EventType, table: SealedTable, field: string): Float64Array {
  return numbers(type, field, (index) => table.columns[index]);
}

/** The same of a part. */
export function partNumbers(type: EventType, part: Part, field: string): Float64Array {
  return numbers(type, field, (index) => part.column(index));
}

function numbers(type: EventType, field: string, columnAt: (index: number) => SealedColumn | undefined): Float64Array {
  const column = columnAt(type.columns.findIndex((each) => each.field === field));
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
