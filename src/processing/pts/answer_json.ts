import { eventJson } from "../../events/event_json.ts";
import { isoOf } from "../../lib/time.ts";
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
