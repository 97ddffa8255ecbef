import { GrowingNumbers } from "./growing_numbers.ts";
import type { Layout } from "./layout.ts";
import type { SealedColumn, SealedTable } from "./table.ts";
import { TextRuns } from "./text_runs.ts";

const NUMBER_BYTES = 8;
const ROWS_FIRST = 16; // there is room for at first: thousands of quiet streams have cells
const LEVELS_FIRST = 64;
const LEVELS_KEPT_MAX = 16_384;

/**
 * Rows of one type. The numbers of a row stand together, so that an event is written to one place; its texts are kept apart, because they
 * hardly change. Sealing turns rows into columns (`columnsOf`).
 */
export class Cells {
  readonly layout: Layout;
  /** Of each column that is none of texts: NaN is null; a flag's 0 or 1; how many levels there are. */
  readonly numbers = new GrowingNumbers();
  /** Price and size of every level, row by row. */
  readonly levels = new GrowingNumbers();
  readonly texts: TextRuns;
  #rows = 0;

  constructor(layout: Layout) {
    this.layout = layout;
    this.texts = new TextRuns(layout.texts);
  }

  get rows(): number {
    return this.#rows;
  }

  /** Of memory, but for its texts. */
  get bytes(): number {
    return NUMBER_BYTES * (this.numbers.values.length + this.levels.values.length);
  }

  get width(): number {
    return this.layout.width;
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
    const { texts } = other;
    for (let run = texts.runOf(first), from = first; from < other.rows; from = texts.endOf(run++)) {
      for (let column = 0; column < texts.columns; column++) this.texts.push(column, texts.textOf(run, column), row + from - first);
    }
  }

  pushAll({ rows, columns }: SealedTable): void {
    const row = this.#rows;
    let at = this.extend(rows);
    for (const column of columns) {
      if (column.kind === "texts") continue;
      const values = column.kind === "levels" ? column.counts : column.values;
      for (let i = 0; i < rows; i++) this.numbers.values[at + i * this.width] = values[i]!;
      at++;
    }
    this.#pushTexts(row, rows, columns.filter((column) => column.kind === "texts"));
    this.#pushLevels(rows, columns.filter((column) => column.kind === "levels"));
  }

  /** Where the levels of that row begin. */
  levelsBefore(row: number): number {
    if (this.levels.length === 0 || row === 0) return 0;
    let after = 0;
    let at = 0;
    for (const kind of this.layout.kinds) {
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

  #pushTexts(row: number, rows: number, columns: readonly Extract<SealedColumn, { kind: "texts" }>[]): void {
    for (let i = 0; i < rows; i++) {
      columns.forEach(({ codes, values }, text) => {
        const code = codes[i]!;
        this.texts.push(text, code === 0 ? undefined : values[code - 1], row + i);
      });
    }
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
