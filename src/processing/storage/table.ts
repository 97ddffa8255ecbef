import type { Column, EventBase, EventType } from "../../events/event_type.ts";
import { type ColumnBuffer, columnBuffer } from "./column_buffer.ts";
import { concatColumns } from "./concat_columns.ts";

/** Rows of one stream as columns, in the order of the type's columns. Plain data: it crosses between threads. */
export interface SealedTable {
  readonly rows: number;
  readonly columns: readonly SealedColumn[];
}

/**
 * `numbers` timestamps, integers and doubles; NaN is null (a venue's decimal is always finite) · `flags` 0 or 1 · `texts` codes into
 * `values`, counted from 1; 0 is null · `levels` how many each row has, then all prices and sizes one after the other.
 */
export type SealedColumn =
  | { readonly kind: "numbers"; readonly values: Float64Array<ArrayBuffer> }
  | { readonly kind: "flags"; readonly values: Uint8Array<ArrayBuffer> }
  | { readonly kind: "texts"; readonly codes: Uint32Array<ArrayBuffer>; readonly values: readonly string[] }
  | {
    readonly kind: "levels";
    readonly counts: Uint32Array<ArrayBuffer>;
    readonly prices: Float64Array<ArrayBuffer>;
    readonly sizes: Float64Array<ArrayBuffer>;
  };

/** A stream's rows that are not yet sealed. Typed arrays that grow; no event is kept. */
export class Table<T extends EventBase> {
  readonly #columns: readonly Column<T>[];
  readonly #buffers: readonly ColumnBuffer[];
  #rows = 0;
  #bytes = 0;

  constructor(type: EventType<T>) {
    this.#columns = type.columns;
    this.#buffers = type.columns.map((column) => columnBuffer(column.kind));
  }

  get rows(): number {
    return this.#rows;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Returns the bytes the row takes. */
  append(event: T): number {
    let bytes = 0;
    for (let i = 0; i < this.#columns.length; i++) bytes += this.#buffers[i]!.push(event[this.#columns[i]!.field]);
    this.#rows++;
    this.#bytes += bytes;
    return bytes;
  }

  /** The rows so far, copied out; they stay here too. */
  copy(): SealedTable {
    return { rows: this.#rows, columns: this.#buffers.map((buffer) => buffer.copy()) };
  }

  /** Rows of a table of the same type, from `from` on. */
  appendFrom(other: Table<T>, from: number): void {
    for (let i = 0; i < this.#buffers.length; i++) this.#bytes += this.#buffers[i]!.pushFrom(other.#buffers[i]!, from);
    this.#rows += other.#rows - from;
  }

  appendAll(table: SealedTable): void {
    for (let i = 0; i < this.#buffers.length; i++) this.#bytes += this.#buffers[i]!.pushAll(table.columns[i]!);
    this.#rows += table.rows;
  }

  /** The rows so far, copied out; the table is empty afterwards. */
  seal(): SealedTable {
    const sealed = { rows: this.#rows, columns: this.#buffers.map((buffer) => buffer.seal()) };
    this.#rows = 0;
    this.#bytes = 0;
    return sealed;
  }
}

/** Bytes a sealed table holds. */
export function bytesOf(table: SealedTable): number {
  return arraysOf(table).reduce((sum, array) => sum + array.byteLength, 0);
}

/** The memory a table consists of, but for its texts. */
export function buffersOf(table: SealedTable): ArrayBuffer[] {
  return arraysOf(table).map(({ buffer }) => buffer);
}

type Values = Float64Array<ArrayBuffer> | Uint32Array<ArrayBuffer> | Uint8Array<ArrayBuffer>;

function arraysOf({ columns }: SealedTable): Values[] {
  return columns.flatMap((column): Values[] => {
    switch (column.kind) {
      case "numbers":
      case "flags":
        return [column.values];
      case "texts":
        return [column.codes];
      case "levels":
        return [column.counts, column.prices, column.sizes];
    }
  });
}

/** Tables of one type, one below the other. */
export function concatTables<T extends EventBase>(type: EventType<T>, tables: readonly SealedTable[]): SealedTable {
  if (tables.length === 1) return tables[0]!;
  if (tables.length === 0) return new Table(type).seal();
  return {
    rows: tables.reduce((sum, table) => sum + table.rows, 0),
    columns: type.columns.map((_, i) => concatColumns(tables.map(({ columns }) => columns[i]!))),
  };
}

/** The rows of each table from `from` on, one below the other, with no text that none of them has. */
export function tableOfParts<T extends EventBase>(
  type: EventType<T>,
  parts: readonly { readonly table: SealedTable; readonly from: number }[],
): SealedTable {
  const whole = new Table(type);
  for (const { table, from } of parts) {
    if (from === 0) whole.appendAll(table);
    else {
      const part = new Table(type);
      part.appendAll(table);
      whole.appendFrom(part, from);
    }
  }
  return whole.seal();
}
