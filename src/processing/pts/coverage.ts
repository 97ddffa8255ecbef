import type { GapEvent } from "../../events/gap.ts";
import type { SessionEvent } from "../../events/session.ts";
import { dateOf } from "../../lib/time.ts";
import type { StreamView } from "./stream_view.ts";
import { TableRows } from "./table_rows.ts";

/** What an answer lacks. Times are µs; undefined where nobody knows. */
export interface Lack {
  readonly reason: string;
  readonly outcome: string;
  readonly fromTime: number | undefined;
  readonly toTime: number | undefined;
  readonly afterId?: number | undefined;
  readonly beforeId?: number | undefined;
  readonly missing?: number | undefined;
  readonly healedRows?: number | undefined;
}

/**
 * Holes of a stream that touch some time, each with what last became of it. One that was filled touches only those who look before it was:
 * the rows that fill it stand where they arrived.
 */
export function holesBetween(gaps: StreamView, dataType: string, from: number, to: number): Lack[] {
  const holes = new Map<string, GapEvent>();
  for (const date of gaps.dates().filter((each) => each >= dateOf(from))) {
    for (const part of gaps.day(date)) {
      const [begins, ends] = [part.range("from_time"), part.range("to_time")];
      if (begins === undefined || ends === undefined || begins.min > to || ends.max < from) continue;
      const rows = new TableRows<GapEvent>(gaps.type as never, part);
      for (let row = 0; row < rows.rows; row++) {
        const gap = rows.event(row);
        if (gap.dataType !== dataType || !touches(gap.fromTime, gap.toTime, from, to)) continue;
        holes.set(`${gap.fromTime} ${gap.toTime} ${gap.afterId} ${gap.beforeId}`, gap);
      }
    }
  }
  const left = [...holes.values()].filter(({ outcome, recvTime }) => outcome !== "healed" || recvTime > to);
  return left.sort((a, b) => a.fromTime - b.fromTime);
}

/** When a recorder ran: each time one began, and when that one stopped; undefined where it still runs or was killed. */
export interface Run {
  readonly startTime: number;
  readonly stopTime: number | undefined;
}

export function runsOf(sessions: StreamView): Run[] {
  const runs: { startTime: number; stopTime: number | undefined }[] = [];
  for (const date of sessions.dates()) {
    for (const part of sessions.day(date)) {
      const rows = new TableRows<SessionEvent>(sessions.type as never, part);
      for (let row = 0; row < rows.rows; row++) {
        const event = rows.field(row, "event");
        if (event === "start") runs.push({ startTime: rows.recvTime(row), stopTime: undefined });
        else if (event === "stop" && runs.length > 0) runs.at(-1)!.stopTime = rows.recvTime(row);
      }
    }
  }
  return runs;
}

/**
 * Times in which nobody recorded and that touch `from … to`. `lastRowBefore` gives the receive time of the stream's last row before a
 * moment: it shows how long a recorder that was killed had lived at least. Without any session (an import) nothing is known, and nothing is
 * claimed.
 */
export function idleBetween(
  runs: readonly Run[],
  from: number,
  to: number,
  isRecording: boolean,
  lastRowBefore: (before: number) => number | undefined,
): Lack[] {
  if (runs.length === 0) return [];
  const idle: Lack[] = [];
  const first = runs[0]!;
  const lack = (reason: string, fromTime: number | undefined, toTime: number | undefined): Lack => ({
    reason,
    outcome: "unhealable",
    fromTime,
    toTime,
  });
  if (from < first.startTime && (lastRowBefore(first.startTime) ?? -Infinity) <= from) {
    idle.push(lack("not_recorded", undefined, first.startTime));
  }
  for (const [i, run] of runs.entries()) {
    const next = runs[i + 1]?.startTime;
    if (next === undefined && run.stopTime === undefined && isRecording) break;
    if (run.startTime > to || (next ?? Infinity) < from) continue;
    const ended = run.stopTime ?? lastRowBefore(next ?? Infinity);
    const since = ended === undefined ? run.startTime : Math.max(ended, run.startTime);
    // One that took over began before the other one stopped: nothing lies between.
    if (since < (next ?? Infinity) && touches(since, next ?? Infinity, from, to)) {
      idle.push(lack(run.stopTime === undefined ? "killed" : "stopped", since, next));
    }
  }
  return idle;
}

/** A hole lies behind its first moment and before its last, where events stand. `to` is no part of a range, and all there is of a moment. */
function touches(holeFrom: number, holeTo: number, from: number, to: number): boolean {
  return holeFrom < to && holeTo > from;
}
