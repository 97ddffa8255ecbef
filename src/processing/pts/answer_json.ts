import { depth, type DepthEvent } from "../../events/depth.ts";
import { eventJson } from "../../events/event_json.ts";
import { isoOf } from "../../lib/time.ts";
import type { Lack } from "./coverage.ts";
import type { AsOfAnswer } from "./history_reader.ts";

const LACKS_TOLD_MAX = 100;

/** A point-in-time answer. `levels` bounds each side of a book. */
export function asOfJson(path: string, at: number, { type, event, lacks }: AsOfAnswer, levels: number): string {
  const shown = event !== undefined && type.name === depth.name ? cutBook(event as DepthEvent, levels) : event;
  return `{"path":${JSON.stringify(path)},"at":"${isoOf(at)}","event":${shown === undefined ? "null" : eventJson(type, shown)},${
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

function cutBook(book: DepthEvent, levels: number): DepthEvent {
  return { ...book, bids: book.bids.slice(0, levels), asks: book.asks.slice(0, levels) };
}
