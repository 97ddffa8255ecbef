import type { ColumnKind, EventType } from "../../events/event_type.ts";
import { GrowingNumbers } from "./growing_numbers.ts";
import type { SealedColumn, SealedTable } from "./table.ts";
import { TextRuns } from "./text_runs.ts";

const SEALED_AS: Readonly<Record<ColumnKind, SealedColumn["kind"]>> = {
  timestamp: "numbers",
  int64: "numbers",
  double: "numbers",
  boolean: "flags",
  string: "texts",
  levels: "levels",
};
const ROWS_FIRST = 16; // there is room for at first: thousands of quiet streams have cells
const LEVELS_FIRST = 64;
const LEVELS_KEPT_MAX = 16_384;

/**
 * Rows of one type. The numbers of a row stand together, so that an event is written to one place; its texts are kept apart, because they
 * hardly change. Sealing turns rows into columns (`columnsOf`).
 */
export class Cells {
  readonly kinds: readonly SealedColumn["kind"][];
  /** How many numbers a row has. */
  readonly width: number;
  /** Of each column that is none of texts: NaN is null; a flag's 0 or 1; how many levels there are. */
  readonly numbers = new GrowingNumbers();
  /** Price and size of every level, row by row. */
  readonly levels = new GrowingNumbers();
  readonly texts: TextRuns;
  #rows = 0;

  constructor({ columns }: EventType) {
    this.kinds = columns.map(({ kind }) => SEALED_AS[kind]);
    this.texts = new TextRuns(this.kinds.filter((kind) => kind === "texts").length);
    this.width = columns.length - this.texts.columns;
  }

  get rows(): number {
    return this.#rows;
  }

  /** Makes room for the numbers of so many more rows, which the caller writes; returns where they begin. */
  extend(rows: number): number {
    this.#rows += rows;
    return this.numbers.extend(rows * this.width, ROWS_FIRST * this.width);
  }

  extendLevels(count: number): number {
    return this.levels.extend(2 * count, LEVELS_FIRST);
  }

  /** Rows of the same type, from `first` on. */
  pushFrom(other: Cells, first: number): void {
    const row = this.#rows;
    this.#rows += other.rows - first;
    this.numbers.pushFrom(other.numbers, first * this.width);
    this.levels.pushFrom(other.levels, other.levelsBefore(first));
    for (let column = 0; column < this.texts.columns; column++) {
      other.texts.between(column, first, other.rows, (text, from) => this.texts.push(column, text, row + from - first));
    }
  }

  pushAll({ rows, columns }: SealedTable): void {
    const row = this.#rows;
    let at = this.extend(rows);
    let text = 0;
    for (const column of columns) {
      if (column.kind === "texts") {
        column.codes.forEach((code, i) => this.texts.push(text, code === 0 ? undefined : column.values[code - 1], row + i));
        text++;
      } else {
        const values = column.kind === "levels" ? column.counts : column.values;
        for (let i = 0; i < rows; i++) this.numbers.values[at + i * this.width] = values[i]!;
        at++;
      }
    }
    this.#pushLevels(rows, columns.filter((column) => column.kind === "levels"));
  }

  /** Where the levels of that row begin. */
  levelsBefore(row: number): number {
    if (this.levels.length === 0 || row === 0) return 0;
    let after = 0;
    let at = 0;
    for (const kind of this.kinds) {
      if (kind === "levels") {
        for (let cell = row * this.width + at; cell < this.numbers.length; cell += this.width) after += this.numbers.values[cell]!;
      }
      if (kind !== "texts") at++;
    }
    return this.levels.length - 2 * after;
  }

  /** Keeps memory for at most so many rows. */
  clear(rowsKeptMax: number): void {
    this.#rows = 0;
    this.numbers.clear(rowsKeptMax * this.width);
    this.levels.clear(Math.min(rowsKeptMax, LEVELS_KEPT_MAX));
    this.texts.clear();
  }

  #pushLevels(rows: number, columns: readonly Extract<SealedColumn, { kind: "levels" }>[]): void {
    const read = columns.map(() => 0);
    for (let row = 0; row < rows; row++) {
      columns.forEach(({ counts, prices, sizes }, i) => {
        let from = read[i]!;
        let at = this.extendLevels(counts[row]!);
        const { values } = this.levels;
        for (const end = from + counts[row]!; from < end; from++) {
          values[at++] = prices[from]!;
          values[at++] = sizes[from]!;
        }
        read[i] = from;
      });
    }
  }
}
