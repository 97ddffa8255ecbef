/**
 * Columns of texts, of which most rows have those of the row before: such a row costs a few comparisons and no memory. All columns of a
 * stream are one object, because it is looked at with each of thousands of streams' events.
 */
export class TextRuns {
  /** Of each column the newest text. */
  readonly #last: (string | undefined)[];
  /** Of each run, column by column, its text and the row it begins with. */
  readonly #texts: (string | undefined)[][];
  readonly #firsts: number[][];

  constructor(columns: number) {
    this.#last = Array.from({ length: columns }, () => undefined);
    this.#texts = this.#last.map(() => []);
    this.#firsts = this.#last.map(() => []);
  }

  get columns(): number {
    return this.#last.length;
  }

  /** `row` is the number of the row, counted from 0 since the last `clear`; undefined is null. */
  push(column: number, text: string | undefined, row: number): void {
    if (text === this.#last[column] && row > 0) return;
    this.#last[column] = text;
    this.#texts[column]!.push(text);
    this.#firsts[column]!.push(row);
  }

  /** Calls `each` for every run of a column between two rows, in order. */
  between(column: number, first: number, end: number, each: (text: string | undefined, from: number, to: number) => void): void {
    const [texts, firsts] = [this.#texts[column]!, this.#firsts[column]!];
    let run = firsts.length - 1;
    while (run > 0 && firsts[run]! > first) run--; // mostly the last few rows are asked for, or all of few runs
    for (let from = first; from < end; run++) {
      const to = Math.min(end, firsts[run + 1] ?? end);
      each(texts[run], from, to);
      from = to;
    }
  }

  clear(): void {
    for (let column = 0; column < this.#last.length; column++) {
      this.#last[column] = undefined;
      this.#texts[column] = [];
      this.#firsts[column] = [];
    }
  }
}
