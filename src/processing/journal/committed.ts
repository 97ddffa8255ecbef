import { type JournalBatch, RUN_NUMBERS } from "./batch.ts";

/** The committed watermark: how many rows of each stream, since this generation began, survive whatever happens to us. */
export class Committed {
  readonly #rowsOf = new Map<string, number>();
  #rows = 0;
  #time = 0;

  /** Rows of all streams. */
  get rows(): number {
    return this.#rows;
  }

  /** Everything received by then is committed; µs. */
  get time(): number {
    return this.#time;
  }

  /** Rows of each stream. */
  get streams(): ReadonlyMap<string, number> {
    return this.#rowsOf;
  }

  /** `time` is when the rows were handed over. What was written again counts once. */
  add(batches: readonly JournalBatch[], time: number): void {
    for (const { paths, runs } of batches) {
      paths.split("\n").forEach((path, i) => {
        const at = RUN_NUMBERS * i;
        const known = this.#rowsOf.get(path) ?? 0;
        const rows = Math.max(known, runs[at + 1]! + runs[at + 2]! + runs[at + 3]!);
        this.#rowsOf.set(path, rows);
        this.#rows += rows - known;
      });
    }
    this.#time = time;
  }
}
