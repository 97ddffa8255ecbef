import type { EventBase, EventType, Level } from "../../events/event_type.ts";
import { Cells } from "./cells.ts";
import { columnsOf, type Part } from "./columns_of.ts";
import { concatColumns } from "./concat_columns.ts";
import { layoutOf } from "./layout.ts";

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

const ROWS_KEPT_MAX = 8_192; // a burst must not hold its memory for ever

/** A stream's rows that are not yet sealed. No event is kept. */
export class Table<T extends EventBase> {
  readonly #cells: Cells;

  constructor(type: EventType<T>) {
    this.#cells = new Cells(layoutOf(type as unknown as EventType));
  }

  get rows(): number {
    return this.#cells.rows;
  }

  /** Of its memory, the room for more rows included. */
  get bytes(): number {
    return this.#cells.bytes;
  }

  /** Returns by how many bytes it grew. */
  append(event: T): number {
    const cells = this.#cells;
    const { ownFields: fields, ownKinds: kinds } = cells.layout;
    const { rows: row, texts } = cells;
    const before = cells.bytes;
    let at = cells.extend(1);
    let text = 0;
    const numbers = cells.numbers.values;
    // What every event has is read by its name: a field whose name comes out of a list costs the engine several times as much.
    numbers[at++] = event.recvTime;
    numbers[at++] = event.eventTime ?? NaN;
    texts.push(text++, event.source, row);
    texts.push(text++, event.symbol, row);
    for (let i = 0; i < fields.length; i++) {
      const value = event[fields[i] as keyof T] as unknown;
      const kind = kinds[i];
      if (kind === "numbers") numbers[at++] = value === undefined ? NaN : value as number;
      else if (kind === "texts") texts.push(text++, value as string | undefined, row);
      else if (kind === "flags") numbers[at++] = value === true ? 1 : 0;
      else numbers[at++] = pushLevels(cells, value as readonly Level[]);
    }
    texts.push(text, event.origin, row);
    return cells.bytes - before;
  }

  /** The rows from `first` on, where they lie: whoever takes them does so before anything else is done to the table. */
  part(first: number): Part {
    return { cells: this.#cells, first };
  }

  /** The rows so far, copied out; they stay here too. */
  copy(): SealedTable {
    return columnsOf([this.part(0)]);
  }

  /** Rows of a table of the same type, from `first` on. */
  appendFrom(other: Table<T>, first: number): void {
    this.#cells.pushFrom(other.#cells, first);
  }

  appendAll(table: SealedTable): void {
    this.#cells.pushAll(table);
  }

  /** The rows so far, copied out; the table is empty afterwards, and keeps room for about as many. */
  seal(): SealedTable {
    const sealed = this.copy();
    this.#cells.clear(ROWS_KEPT_MAX);
    return sealed;
  }

  /** Empties it and gives its memory back. */
  release(): void {
    this.#cells.clear(0);
  }
}

/** Returns how many there are. */
function pushLevels(cells: Cells, levels: readonly Level[]): number {
  let at = cells.extendLevels(levels.length);
  const { values } = cells.levels;
  for (let i = 0; i < levels.length; i++) {
    const level = levels[i]!;
    values[at++] = level[0];
    values[at++] = level[1];
  }
  return levels.length;
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
