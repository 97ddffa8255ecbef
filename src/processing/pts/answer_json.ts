import { eventJson } from "../../events/event_json.ts";
import { isoOf } from "../../lib/time.ts";
import type { DayCompleteness } from "./completeness.ts";
import type { Lack } from "./coverage.ts";
import type { AsOfAnswer } from "./history_reader.ts";

const LACKS_TOLD_MAX = 100;

/** A point-in-time answer. */
export function asOfJson(path: string, at: number, { type, event, lacks }: AsOfAnswer): string {
  return `{"path":${JSON.stringify(path)},"at":"${isoOf(at)}","event":${event === undefined ? "null" : eventJson(type, event)},${
    lacksJson(lacks)
  }}`;
}

/** `"complete":…,"gap":…,"gaps":[…]`: the first one is what made it incomplete. */
export function lacksJson(lacks: readonly Lack[]): string {
  const gaps = lacks.slice(0, LACKS_TOLD_MAX).map(lackJson);
  return `"complete":${lacks.length === 0},"gap":${gaps[0] ?? "null"},"gaps":[${gaps.join(",")}]`;
}

/** Shares with six digits, rounded down: only what is whole is 1. */
export function completenessJson(now: number, days: readonly DayCompleteness[]): string {
  const shown = days.map(({ date, source, type, streams, complete, secondsMissing, holes, holesHealed, idsMissing }) => ({
    date,
    source,
    type,
    streams,
    complete: Math.floor(complete * 1e6) / 1e6,
    seconds_missing: Math.ceil(secondsMissing * 1e3) / 1e3,
    holes,
    holes_healed: holesHealed,
    ids_missing: idsMissing,
  }));
  return `{"as_of":"${isoOf(now)}","days":${JSON.stringify(shown)}}`;
}

function lackJson({ reason, outcome, fromTime, toTime, afterId, beforeId, missing, healedRows }: Lack): string {
  return JSON.stringify({
    reason,
    outcome,
    from_time: fromTime === undefined ? null : isoOf(fromTime),
    to_time: toTime === undefined ? null : isoOf(toTime),
    after_id: afterId ?? null,
    before_id: beforeId ?? null,
    missing: missing ?? null,
    healed_rows: healedRows ?? null,
  });
}
