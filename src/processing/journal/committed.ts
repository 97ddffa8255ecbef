import { RUN_NUMBERS } from "./batch.ts";

/** What was handed over: of each run its stream, and its numbers as a batch has them. */
export interface Runs {
  readonly paths: readonly string[];
  readonly runs: Float64Array;
}

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
  add(all: readonly Runs[], time: number): void {
    for (const { paths, runs } of all) {
      for (let i = 0, at = 0; i < paths.length; i++, at += RUN_NUMBERS) {
        const path = paths[i]!;
        const known = this.#rowsOf.get(path) ?? 0;
        const rows = Math.max(known, runs[at + 1]! + runs[at + 2]! + runs[at + 3]!);
        this.#rowsOf.set(path, rows);
        this.#rows += rows - known;
      }
    }
    this.#time = time;
  }
}
