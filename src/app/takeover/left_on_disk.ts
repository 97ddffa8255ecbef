import type { PathState } from "../../agora/router.ts";
import type { EventBase } from "../../events/event_type.ts";
import { eventTypeOfPath } from "../../events/registry.ts";
import { nextTurn } from "../../lib/next_turn.ts";
import { DayFileReader } from "../../processing/pts/day_parts.ts";
import { StreamView } from "../../processing/pts/stream_view.ts";
import { TableRows } from "../../processing/pts/table_rows.ts";
import { storageWorld } from "../../processing/storage/day_file.ts";
import type { Runtime } from "../../runtime/runtime.ts";

const LATE_ROWS_MAX = 64; // a quote that came late stands behind newer ones; see RecentNumbers

/**
 * Where a recorder that is gone without a word left its paths: at the last row of each that came from a socket, in chunks and day files,
 * after its journal was recovered. A path of which nothing is there is absent.
 */
export async function leftOnDisk(
  runtime: Runtime,
  dataPath: string,
  paths: readonly string[],
): Promise<Map<string, PathState<EventBase>>> {
  const world = storageWorld(runtime, "");
  const reader = new DayFileReader(world);
  const found = new Map<string, PathState<EventBase>>();
  for (const path of paths) {
    await nextTurn(runtime.timers); // sockets are read between two paths
    using view = StreamView.open(world, reader, { dataPath, path, type: eventTypeOfPath(path) }, []);
    const last = lastLive(view);
    if (last !== undefined) found.set(path, { last, held: [] });
  }
  return found;
}

function lastLive(view: StreamView): EventBase | undefined {
  for (const date of view.dates().reverse()) {
    for (const part of [...view.day(date)].reverse()) {
      const rows = new TableRows(view.type, part);
      const events: EventBase[] = [];
      for (let row = rows.rows - 1; row >= 0 && events.length < LATE_ROWS_MAX; row--) {
        if (rows.field(row, "origin") === "live") events.push(rows.event(row));
      }
      if (events.length > 0) return events.reduce((newest, event) => keyOf(view, event) > keyOf(view, newest) ? event : newest);
    }
  }
  return undefined;
}

function keyOf({ type }: StreamView, event: EventBase): number {
  return type.sequenceKey(event)?.[1] ?? event.recvTime;
}
