import type { EventType, SequenceKey } from "../../events/event_type.ts";
import { type SealedTable, tableOfParts } from "../storage/table.ts";
import { recvTimes } from "./record.ts";

/** Rows of a chunk from index `first` on. */
export interface Part {
  readonly first: number;
  readonly table: SealedTable;
}

/** Rows that follow each other without one missing, and what stands at their ends. */
export interface Stretch {
  /** Index of the first of them, and the first after the last. */
  readonly first: number;
  readonly end: number;
  readonly firstId: number | undefined;
  readonly lastId: number | undefined;
  readonly firstTime: number;
  readonly lastTime: number;
}

/** The rows of a chunk out of its parts, each once and in order; between two stretches rows are missing. */
export function assembled(
  type: EventType,
  parts: readonly Part[],
): { readonly table: SealedTable; readonly stretches: readonly Stretch[] } {
  const pieces: { readonly table: SealedTable; readonly from: number }[] = [];
  const stretches: Stretch[] = [];
  let end = 0;
  for (const { first, table } of [...parts].sort((a, b) => a.first - b.first || b.table.rows - a.table.rows)) {
    if (first + table.rows <= end) continue; // written again
    const open = first <= end ? stretches.pop() : undefined;
    pieces.push({ table, from: Math.max(0, end - first) });
    end = first + table.rows;
    const [begins, ends] = [edge(type, table, 0), edge(type, table, table.rows - 1)];
    stretches.push({
      first: open?.first ?? first,
      end,
      firstId: open === undefined ? begins.key?.[0] : open.firstId,
      lastId: ends.key?.[1],
      firstTime: open?.firstTime ?? begins.time,
      lastTime: ends.time,
    });
  }
  return { table: tableOfParts(type, pieces), stretches };
}

function edge(type: EventType, table: SealedTable, row: number): { readonly key: SequenceKey | undefined; readonly time: number } {
  const numbers = type.columns.flatMap(({ field, kind }, i) => {
    const column = table.columns[i]!;
    const value = kind === "int64" && column.kind === "numbers" ? column.values[row]! : NaN;
    return Number.isNaN(value) ? [] : [[field, value] as const];
  });
  return { key: type.sequenceKey(Object.fromEntries(numbers) as never), time: recvTimes(type, table)[row]! };
}
