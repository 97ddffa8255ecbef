import type { EventBase, EventType } from "../../src/events/event_type.ts";

/** A test's own event: numbers first..last. With first = last it is a trade, with a range a depth window. */
export interface Numbered extends EventBase {
  readonly first: number;
  readonly last: number;
}

export const numbered: EventType<Numbered> = {
  name: "numbered",
  version: 1,
  doc: "events of the agora tests",
  columns: [],
  sequenceKey: (event) => [event.first, event.last],
};

export function event(first: number, last = first): Numbered {
  return { recvTime: 0, eventTime: undefined, source: "test", symbol: "X", origin: "live", first, last };
}

/** Consecutive ids, windows joined by cover: spot trades and spot depth alike. */
export function follows(previous: readonly [number, number], next: readonly [number, number]): "next" | "duplicate" | "gap" {
  if (next[1] <= previous[1]) return "duplicate";
  return next[0] <= previous[1] + 1 ? "next" : "gap";
}
