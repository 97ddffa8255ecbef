/**
 * The texts of rows, of which most have those of the row before: such a row costs a few comparisons and no memory. Thousands of streams have
 * one of these, so all columns of a run stand in one array.
 */
export class TextRuns {
  readonly columns: number;
  /** Of each run the text of every column. */
  #texts: (string | undefined)[] = [];
  /** Of each run the row it begins with. */
  #firsts: number[] = [];

  constructor(columns: number) {
    this.columns = columns;
  }

  /** Row by row. `row` is its number, counted from 0 since the last `clear`; undefined is null. */
  push(column: number, text: string | undefined, row: number): void {
    const runs = this.#firsts.length;
    if (runs > 0 && this.#texts[(runs - 1) * this.columns + column] === text) return;
    if (runs === 0 || this.#firsts[runs - 1] !== row) this.#begin(row);
    this.#texts[this.#texts.length - this.columns + column] = text;
  }

  /** Which run a row belongs to: near the newest rows it is found at once, and they are mostly asked for. */
  runOf(row: number): number {
    let run = this.#firsts.length - 1;
    while (run > 0 && this.#firsts[run]! > row) run--;
    return run;
  }

  /** The first row behind a run; Infinity behind the last one. */
  endOf(run: number): number {
    return run + 1 < this.#firsts.length ? this.#firsts[run + 1]! : Infinity;
  }

  textOf(run: number, column: number): string | undefined {
    return this.#texts[run * this.columns + column];
  }

  clear(): void {
    this.#texts = [];
    this.#firsts = [];
  }

  /** With the texts of the run before. */
  #begin(row: number): void {
    const texts = this.#texts;
    const from = texts.length - this.columns;
    for (let column = 0; column < this.columns; column++) texts.push(from < 0 ? undefined : texts[from + column]);
    this.#firsts.push(row);
  }
}
