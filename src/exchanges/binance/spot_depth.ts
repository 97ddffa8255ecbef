import * as v from "valibot";
import { depth, type DepthEvent } from "../../events/depth.ts";
import type { Level } from "../../events/event_type.ts";
import { DecodeError } from "../../lib/errors.ts";
import type { Channel, FrameInfo } from "../source.ts";
import { id, type Pair, pairs, symbol, time } from "./fields.ts";
import { hasSuffix, streamName } from "./names.ts";

const raw = v.object({
  e: v.literal("depthUpdate"),
  E: time,
  s: symbol,
  U: id,
  u: id,
  b: pairs,
  a: pairs,
});

/** `GET /api/v3/depth`: rest-api, "Order book", weight 50 for 1,000 levels a side, read 2026-11. */
const book = v.object({ lastUpdateId: id, bids: pairs, asks: pairs });

/**
 * Spot depth changes every 100 ms: web-socket-streams, "Diff. Depth Stream", read 2026-11.
 *
 *     {"stream":"btcusdt@depth@100ms","data":{"e":"depthUpdate","E":1723161601273,"s":"BTCUSDT","U":50093421585,"u":50093421612,"b":[["61685.99000000","1.25869000"]],"a":[]}}
 *
 * "How to manage a local order book correctly", corrected 2025-11: `U` of an event is `u` of the one before plus one; an event with
 * `u` at or below what we have adds nothing. Windows are cut differently on each socket, so one that begins inside what we have and ends
 * beyond it follows too: sizes are absolute. 6,495 captured events hold the rule, across midnight too.
 */
export const spotDepth: Channel<DepthEvent, v.InferOutput<typeof raw>> = {
  event: depth,
  stream: ({ symbol }) => streamName(symbol, "@depth@100ms"),
  matches: (stream) => hasSuffix(stream, "@depth@100ms"),
  raw,
  symbolOf: ({ s }) => s,
  ofJson: (payload, frame) => {
    if (payload.U > payload.u) throw new DecodeError("number", `update ids run backwards: U ${payload.U}, u ${payload.u}`);
    return [changesOf(frame.time(payload.E), payload.U, payload.u, levelsOf(payload.b, frame), levelsOf(payload.a, frame), frame)];
  },
  scanner: (symbol) => {
    const toFirst = `,"s":${JSON.stringify(symbol)},"U":`;
    return (scan, frame) => {
      scan.literal('","data":{"e":"depthUpdate","E":');
      const time = scan.integer();
      scan.literal(toFirst);
      const first = scan.integer();
      scan.literal(',"u":');
      const last = scan.integer();
      scan.literal(',"b":[');
      const bids = scan.levels();
      scan.literal(',"a":[');
      const asks = scan.levels();
      scan.literal("}}");
      return scan.isWhole() && first <= last ? changesOf(frame.time(time), first, last, bids, asks, frame) : undefined;
    };
  },
  continuity: (previous, next) => next[1] <= previous[1] ? "duplicate" : next[0] <= previous[1] + 1 ? "next" : "gap",
  snapshot: {
    weight: 50,
    path: (symbol) => `/api/v3/depth?symbol=${encodeURIComponent(symbol)}&limit=1000`,
    raw: book,
    // The answer has neither a time nor a symbol.
    ofSnapshot: (payload: v.InferOutput<typeof book>, frame) => ({
      recvTime: frame.recvTime,
      eventTime: undefined,
      source: frame.source,
      symbol: frame.symbol,
      firstUpdateId: undefined,
      lastUpdateId: payload.lastUpdateId,
      prevUpdateId: undefined,
      isSnapshot: true,
      bids: levelsOf(payload.bids, frame),
      asks: levelsOf(payload.asks, frame),
      origin: frame.origin,
    }),
  },
};

function changesOf(
  eventTime: number,
  firstUpdateId: number,
  lastUpdateId: number,
  bids: readonly Level[],
  asks: readonly Level[],
  { recvTime, source, symbol, origin }: FrameInfo,
): DepthEvent {
  return {
    recvTime,
    eventTime,
    source,
    symbol,
    firstUpdateId,
    lastUpdateId,
    prevUpdateId: undefined,
    isSnapshot: false,
    bids,
    asks,
    origin,
  };
}

function levelsOf(side: readonly Pair[], frame: FrameInfo): Level[] {
  return side.map((pair) => {
    if (pair.length > 2) frame.unknown("level"); // a third, empty element once stood here
    return [frame.decimal(pair[0]), frame.decimal(pair[1])];
  });
}
