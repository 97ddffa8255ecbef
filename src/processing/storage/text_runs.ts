/** A column of texts, of which most rows have the one of the row before: such a row costs a comparison and no memory. */
export class TextRuns {
  /** Of each run its text and the row it begins with. */
  #texts: (string | undefined)[] = [];
  #firsts: number[] = [];
  #last: string | undefined;

  /** `row` is the number of the row, counted from 0 since the last `clear`; undefined is null. */
  push(text: string | undefined, row: number): void {
    if (text === this.#last && row > 0) return;
    this.#last = text;
    this.#texts.push(text);
    this.#firsts.push(row);
  }

  /** Calls `each` for every run between two rows, in order. */
  between(first: number, end: number, each: (text: string | undefined, from: number, to: number) => void): void {
    let run = this.#firsts.length - 1;
    while (run > 0 && this.#firsts[run]! > first) run--; // mostly the last few rows are asked for, or all of few runs
    for (let from = first; from < end; run++) {
      const to = Math.min(end, this.#firsts[run + 1] ?? end);
      each(this.#texts[run], from, to);
      from = to;
    }
  }

  clear(): void {
    this.#texts = [];
    this.#firsts = [];
    this.#last = undefined;
  }
}
