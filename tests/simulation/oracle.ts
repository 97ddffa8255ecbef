import type { EventBase, EventType } from "../../src/events/event_type.ts";
import type { OwedEvent } from "../../src/sim/venue/ledger_book.ts";
import type { Published } from "./path_log.ts";

export interface Span {
  readonly afterId: number;
  readonly beforeId: number;
}

export interface PathClaim {
  readonly path: string;
  /** What the venue sent on it, in the order of its sequence. */
  readonly owed: readonly OwedEvent[];
  readonly published: readonly Published[];
  /** Holes that were told. Absent: loss is not judged (the path was ended on purpose in between). */
  readonly gaps?: readonly Span[];
  /** Lines were held up for longer than an event waits for another socket's: what came too late is in its hole, which was told. */
  readonly mayBeLate?: boolean;
  /** The venue sends out of order: where ids only rise, rows stand in the order they arrived. */
  readonly isReordered?: boolean;
}

/**
 * The first thing that is not as it must be, in words; undefined where all is well. Every event that arrived was published once, in order,
 * with the values that were sent; nothing else was; what was sent and not published lies in a hole that was told. Depth is cut into windows
 * by each socket, so what must be there is every update id, whatever window brought it.
 */
export function firstDifference({ path, owed, published, gaps, mayBeLate = false, isReordered = false }: PathClaim): string | undefined {
  const byId = Map.groupBy(owed, (event) => event.seq.join("-"));
  let previous: readonly [number, number] | undefined;
  let previousSeq = 0;
  const seen = new Set<string>();
  for (const [i, { type, seq, event }] of published.entries()) {
    const key = type.sequenceKey(event);
    if (key === undefined) return `${path}: event ${i} has no number`;
    if (event.origin === "snapshot") { // a whole book, fetched: the stream goes on around it
      previousSeq = seq;
      continue;
    }
    const id = key.join("-");
    if (seen.has(id)) return `${path}: event ${i} (${id}) came twice`;
    seen.add(id);
    if (event.origin === "heal") { // nobody was sent it: it fills a hole, so no other has its number
      previousSeq = seq;
      continue;
    }
    const sent = byId.get(id);
    if (sent === undefined) return `${path}: event ${i} (${id}) was never sent`;
    // Two sockets may cut the same updates into one window each, and say so at different times.
    const wrong = sent.map((each) => wrongField(type, event, each));
    if (!wrong.includes(undefined)) return `${path}: event ${i} (${id}): ${wrong[0]}`;
    const isLate = isReordered && path.includes("/bbo/") && previous !== undefined && key[1] < previous[1];
    if (previous !== undefined && key[1] <= previous[1] && !isLate) {
      return `${path}: event ${i} (${id}) came after ${previous.join("-")}${previous.join("-") === id ? ": twice" : ""}`;
    }
    if (seq !== previousSeq + 1 && seq !== 1) return `${path}: event ${i} (${id}) has the path's number ${seq}, behind ${previousSeq}`;
    if (!isLate) previous = key;
    previousSeq = seq;
  }
  return gaps === undefined ? undefined : firstMissing(path, owed, published, { gaps, mayBeLate });
}

function firstMissing(
  path: string,
  owed: readonly OwedEvent[],
  published: readonly Published[],
  { gaps, mayBeLate }: { readonly gaps: readonly Span[]; readonly mayBeLate: boolean },
): string | undefined {
  const spans = coverOf(published);
  let at = 0;
  for (const { seq: [first, last], must } of owed) {
    while (at < spans.length && spans[at]![1] < first) at++;
    const open = spans[at];
    if (open !== undefined && open[0] <= first && last <= open[1]) continue;
    const isTold = gaps.some(({ afterId, beforeId }) => first <= beforeId && last >= afterId);
    const isBefore = spans[0] !== undefined && first < spans[0][0]; // the row of the start tells that nothing is known there
    if (must && !(mayBeLate && (isTold || isBefore))) return `${path}: ${first}-${last} arrived and was not published`;
    const isOutside = published.length === 0 || first < spans[0]![0] || last > spans.at(-1)![1];
    // Where ids only rise nobody can tell a hole, and what was lost before the first or after the last event has no hole around it.
    if (!isTold && !isOutside && !path.includes("/bbo/")) return `${path}: ${first}-${last} is missing, and no gap was told`;
  }
  return undefined;
}

/** Stretches of numbers without a hole. Where ids only rise every event stands alone. */
function coverOf(published: readonly Published[]): [number, number][] {
  const spans: [number, number][] = [];
  for (const { type, event } of published.filter(({ event }) => event.origin === "live")) {
    const [first, last] = type.sequenceKey(event)!;
    const open = spans.at(-1);
    if (type.name !== "bbo" && open !== undefined && first <= open[1] + 1) open[1] = last;
    else spans.push([first, last]);
  }
  return spans.sort((a, b) => a[0] - b[0]); // quotes of a venue that sends out of order
}

function wrongField(type: EventType, event: EventBase, sent: OwedEvent): string | undefined {
  const values = event as unknown as Readonly<Record<string, unknown>>;
  for (const { name, field } of type.columns) {
    if (!(name in sent.fields)) continue;
    const [found, expected] = [JSON.stringify(values[field] ?? null), JSON.stringify(sent.fields[name])];
    if (found !== expected) return `${name} is ${found}, sent was ${expected}`;
  }
  if ((event.eventTime ?? null) !== sent.t) return `event_time is ${event.eventTime}, sent was ${sent.t}`;
  if (event.symbol !== sent.symbol) return `symbol is ${event.symbol}, sent was ${sent.symbol}`;
  return undefined;
}
