import { parseTime } from "../../src/lib/parse_time.ts";
import type { Heard } from "./virtual_gateway.ts";

export const timeOf = (heard: Heard): number => parseTime(heard.event.recv_time)!;

/** Newest of what was published, stored last of what was received by then. */
export function bruteAsOf(events: readonly Heard[], at: number): Heard | undefined {
  return events.filter((each) => timeOf(each) <= at && each.event.origin !== "heal").at(-1);
}

type Levels = { readonly price: number; readonly size: number }[];

/** The book by hand: the newest whole one, and every change with a higher id. Undefined where none came, or a change is missing since. */
export function bruteBook(events: readonly Heard[], at: number) {
  const known = events.filter((each) => timeOf(each) <= at).map(({ event }) => event);
  const anchor = known.filter(({ is_snapshot }) => is_snapshot).at(-1);
  if (anchor === undefined) return undefined;
  const changes = known.filter(({ is_snapshot, last_update_id }) => !is_snapshot && last_update_id > anchor.last_update_id)
    .sort((a, b) => a.last_update_id - b.last_update_id);
  let id = anchor.last_update_id;
  for (const { first_update_id, last_update_id } of changes) {
    if (first_update_id > id + 1) return undefined;
    id = last_update_id;
  }
  const side = (name: "bids" | "asks", sign: number) => {
    const levels = new Map<number, number>();
    for (const event of [anchor, ...changes]) for (const { price, size } of event[name] as Levels) levels.set(price, size);
    return [...levels].filter(([, size]) => size !== 0).sort(([a], [b]) => sign * (a - b)).map(([price, size]) => ({ price, size }));
  };
  return { bids: side("bids", -1), asks: side("asks", 1), last_update_id: id };
}

/** Is a moment inside a hole of that stream, as the published gap rows tell it? A filled one is, for who looks before it was filled. */
export function isLacking(gaps: readonly Heard[], type: string, at: number): boolean {
  const last = new Map<string, Heard>();
  for (const gap of gaps.filter(({ event }) => event.data_type === type)) {
    const { from_time, to_time, after_id, before_id } = gap.event;
    if (parseTime(from_time)! < at && at < parseTime(to_time)!) last.set(`${from_time} ${to_time} ${after_id} ${before_id}`, gap);
  }
  return [...last.values()].some(({ event }) => event.outcome !== "healed" || parseTime(event.recv_time)! > at);
}
