import type { DepthEvent } from "../../events/depth.ts";
import type { Level } from "../../events/event_type.ts";
import { dateOf, US_PER_DAY } from "../../lib/time.ts";
import type { Part } from "./part.ts";
import type { StreamView } from "./stream_view.ts";
import { TableRows } from "./table_rows.ts";

/** The whole book at a moment, and where the changes that made it do not follow each other. */
export interface Book {
  /** As an event: the newest change's times and ids, and every level, the best first. */
  readonly event: DepthEvent;
  readonly broken: BrokenChain | undefined;
}

export interface BrokenChain {
  readonly afterId: number;
  readonly beforeId: number;
  readonly fromTime: number;
  readonly toTime: number;
}

const DAYS_BACK_MAX = 8; // whole books are fetched with each day; a week without one is no recording

/**
 * Rebuilds the book: the newest whole book received by then, and the changes with higher ids on top. The venue's answer may lag its own
 * stream, so some of those stand before the whole book; statistics say in which parts.
 */
export function bookAsOf(view: StreamView, at: number): Book | undefined {
  const anchor = anchorAsOf(view, at);
  if (anchor === undefined) return undefined;
  const books = { bids: levelsOf(anchor.bids), asks: levelsOf(anchor.asks) };
  let last = anchor;
  let lastId = anchor.lastUpdateId ?? -1;
  let broken: BrokenChain | undefined;
  const since = dateOf(anchor.recvTime - US_PER_DAY);
  for (const date of view.dates().filter((each) => each >= since && each <= dateOf(at))) {
    for (const part of view.day(date)) {
      if (!mayHold(part, at, lastId, anchor.recvTime)) continue;
      const rows = new TableRows<DepthEvent>(view.type as never, part.read());
      for (let row = 0; row < rows.rows; row++) {
        if (rows.recvTime(row) > at || rows.field(row, "isSnapshot") === true) continue;
        const id = rows.field(row, "lastUpdateId") as number | undefined;
        if (id === undefined ? rows.recvTime(row) <= anchor.recvTime : id <= lastId) continue;
        const change = rows.event(row);
        broken ??= brokenBetween(last, lastId, change);
        apply(books.bids, change.bids);
        apply(books.asks, change.asks);
        last = change;
        lastId = id ?? lastId;
      }
    }
  }
  const bids = [...books.bids].sort(([a], [b]) => b - a);
  const asks = [...books.asks].sort(([a], [b]) => a - b);
  return { event: { ...last, firstUpdateId: undefined, prevUpdateId: undefined, isSnapshot: true, bids, asks }, broken };
}

/** The whole book that was received last by then. */
function anchorAsOf(view: StreamView, at: number): DepthEvent | undefined {
  const days = view.dates().filter((date) => date <= dateOf(at) && date >= dateOf(at - DAYS_BACK_MAX * US_PER_DAY)).reverse();
  for (const date of days) {
    for (const part of [...view.day(date)].reverse()) {
      const times = part.range("recv_time");
      if (times === undefined || times.min > at || part.range("is_snapshot")?.max === 0) continue;
      const rows = new TableRows<DepthEvent>(view.type as never, part.read());
      for (let row = rows.rows - 1; row >= 0; row--) {
        if (rows.field(row, "isSnapshot") === true && rows.recvTime(row) <= at) return rows.event(row);
      }
    }
  }
  return undefined;
}

function mayHold(part: Part, at: number, lastId: number, anchorTime: number): boolean {
  const times = part.range("recv_time");
  if (times === undefined || times.min > at) return false;
  const ids = part.range("last_update_id");
  return ids === undefined ? times.max > anchorTime : ids.max > lastId;
}

/** Where the venue's ids say that something lies between; where it numbers nothing, nothing is known. */
function brokenBetween(last: DepthEvent, lastId: number, change: DepthEvent): BrokenChain | undefined {
  const { firstUpdateId, prevUpdateId } = change;
  if (lastId < 0) return undefined;
  // The first change on top of a whole book may begin before it.
  const isNext = prevUpdateId !== undefined && !last.isSnapshot ? prevUpdateId === lastId : (firstUpdateId ?? lastId) <= lastId + 1;
  if (isNext) return undefined;
  return { afterId: lastId, beforeId: firstUpdateId ?? change.lastUpdateId!, fromTime: last.recvTime, toTime: change.recvTime };
}

function levelsOf(levels: readonly Level[]): Map<number, number> {
  const book = new Map<number, number>();
  apply(book, levels);
  return book;
}

function apply(book: Map<number, number>, levels: readonly Level[]): void {
  for (const [price, size] of levels) {
    if (size === 0) book.delete(price);
    else book.set(price, size);
  }
}
