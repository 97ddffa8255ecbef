import type { EventBase } from "../../events/event_type.ts";
import { dateOf } from "../../lib/time.ts";
import type { StreamView } from "./stream_view.ts";
import { partNumbers, TableRows } from "./table_rows.ts";

/**
 * The newest event at or before a moment: of the rows received by then, the one stored last. Events fetched later to fill a hole are none
 * of those: they are older than what stood before them.
 */
export function eventAsOf(view: StreamView, at: number): EventBase | undefined {
  const found = rowAsOf(view, at);
  return found?.rows.event(found.row);
}

/** When it was received. Reads no more than that. */
export function timeAsOf(view: StreamView, at: number): number | undefined {
  const found = rowAsOf(view, at);
  return found?.rows.recvTime(found.row);
}

function rowAsOf(view: StreamView, at: number): { readonly rows: TableRows<EventBase>; readonly row: number } | undefined {
  const last = dateOf(at);
  for (const date of view.dates().filter((each) => each <= last).reverse()) {
    for (const part of [...view.day(date)].reverse()) {
      const range = part.range("recv_time");
      if (range === undefined || range.min > at) continue;
      const rows = new TableRows(view.type, part);
      const times = partNumbers(view.type, part, "recvTime");
      for (let row = rows.rows - 1; row >= 0; row--) {
        if (times[row]! <= at && rows.field(row, "origin") !== "heal") return { rows, row };
      }
    }
  }
  return undefined;
}
