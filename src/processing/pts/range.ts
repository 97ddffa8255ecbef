import { dateOf } from "../../lib/time.ts";
import type { SealedTable } from "../storage/table.ts";
import type { StreamView } from "./stream_view.ts";
import { numbersOf } from "./table_rows.ts";

/** Rows of a table, from the first to before the last. */
export interface Slice {
  readonly table: SealedTable;
  readonly rows: readonly [from: number, to: number][];
}

const SLICE_ROWS_MAX = 8_192; // a few milliseconds of rendering, then others have their turn

/** The rows received from a moment to before another, in the order they are stored; at most so many. */
export function* rowsBetween(view: StreamView, from: number, to: number, limit: number): Generator<Slice> {
  let left = limit;
  for (const date of view.dates()) {
    if (date < dateOf(from) || date > dateOf(to)) continue;
    for (const part of view.day(date)) {
      if (left <= 0) return;
      const times = part.range("recv_time");
      if (times === undefined || times.max < from || times.min >= to) continue;
      const table = part.read();
      for (const slice of slicesOf(table, numbersOf(view.type, table, "recvTime"), from, to)) {
        if (left <= 0) return;
        const taken = shortened(slice, left);
        left -= rowCount(taken);
        yield { table, rows: taken };
      }
    }
    view.release(date);
  }
}

export function rowCount(rows: Slice["rows"]): number {
  return rows.reduce((sum, [from, to]) => sum + to - from, 0);
}

/** Runs of rows within the times; usually one, more where a clock was set back. */
function* slicesOf(table: SealedTable, times: Float64Array, from: number, to: number): Generator<Slice["rows"]> {
  let runs: [number, number][] = [];
  let count = 0;
  for (let row = 0; row < table.rows; row++) {
    if (times[row]! < from || times[row]! >= to) continue;
    const last = runs.at(-1);
    if (last !== undefined && last[1] === row) last[1] = row + 1;
    else runs.push([row, row + 1]);
    if (++count < SLICE_ROWS_MAX) continue;
    yield runs;
    runs = [];
    count = 0;
  }
  if (count > 0) yield runs;
}

function shortened(rows: Slice["rows"], limit: number): [number, number][] {
  const kept: [number, number][] = [];
  let left = limit;
  for (const [from, to] of rows) {
    if (left <= 0) break;
    kept.push([from, Math.min(to, from + left)]);
    left -= to - from;
  }
  return kept;
}
