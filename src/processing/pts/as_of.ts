import type { EventBase } from "../../events/event_type.ts";
import { dateOf } from "../../lib/time.ts";
import type { StreamView } from "./stream_view.ts";
import { TableRows } from "./table_rows.ts";

/**
 * The newest event at or before a moment: of the rows received by then, the one stored last. Events fetched later to fill a hole are none
 * of those: they are older than what stood before them.
 */
export function eventAsOf(view: StreamView, at: number): EventBase | undefined {
  const last = dateOf(at);
  for (const date of view.dates().filter((each) => each <= last).reverse()) {
    for (const part of [...view.day(date)].reverse()) {
      const times = part.range("recv_time");
      if (times === undefined || times.min > at) continue;
      const rows = new TableRows(view.type, part.read());
      for (let row = rows.rows - 1; row >= 0; row--) {
        if (rows.recvTime(row) <= at && rows.field(row, "origin") !== "heal") return rows.event(row);
      }
    }
  }
  return undefined;
}
