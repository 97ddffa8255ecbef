import * as v from "valibot";
import { trade, type TradeEvent } from "../../events/trade.ts";
import type { Channel, FrameInfo } from "../source.ts";
import { id, symbol, time, unread } from "./fields.ts";
import { hasSuffix, streamName } from "./names.ts";

const raw = v.object({
  e: v.literal("trade"),
  E: unread,
  s: symbol,
  t: id,
  p: v.string(),
  q: v.string(),
  T: time,
  m: v.boolean(),
  M: unread,
});

/** A row of `GET /api/v3/historicalTrades`: rest-api, "Old trade lookup", weight 25, no key needed, read 2026-11. */
const row = v.object({
  id,
  price: v.string(),
  qty: v.string(),
  quoteQty: unread,
  time,
  isBuyerMaker: v.boolean(),
  isBestMatch: unread,
});

/**
 * Spot trades: web-socket-streams, "Trade Streams", read 2026-11.
 *
 *     {"stream":"btcusdt@trade","data":{"e":"trade","E":1723161601438,"s":"BTCUSDT","t":3735693016,"p":"61685.99000000","q":"0.00017000","T":1723161601437,"m":true,"M":true}}
 *
 * `t` rises by exactly one per symbol: every step of 19,904 captured trades, across midnight too. `T` is when it traded, `E` when the
 * streaming layer sent it (not read). `M` is documented as "ignore".
 */
export const spotTrade: Channel<TradeEvent, v.InferOutput<typeof raw>> = {
  event: trade,
  stream: ({ symbol }) => streamName(symbol, "@trade"),
  matches: (stream) => hasSuffix(stream, "@trade"),
  raw,
  symbolOf: ({ s }) => s,
  ofJson: ({ t, T, p, q, m }, frame) => [eventOf(t, frame.time(T), frame.decimal(p), frame.decimal(q), m, frame)],
  scanner: (symbol) => {
    const toId = `,"s":${JSON.stringify(symbol)},"t":`;
    return (scan, frame) => {
      scan.literal('","data":{"e":"trade","E":');
      scan.integer();
      scan.literal(toId);
      const tradeId = scan.integer();
      scan.literal(',"p":"');
      const price = scan.decimal();
      scan.literal('","q":"');
      const size = scan.decimal();
      scan.literal('","T":');
      const time = scan.integer();
      scan.literal(',"m":');
      const isBuyerMaker = scan.boolean();
      scan.literal(',"M":true}}');
      return scan.isWhole() ? eventOf(tradeId, frame.time(time), price, size, isBuyerMaker, frame) : undefined;
    };
  },
  continuity: (previous, next) => next[1] <= previous[1] ? "duplicate" : next[0] === previous[1] + 1 ? "next" : "gap",
  heal: {
    countMax: 1_000,
    weight: 25,
    path: (symbol, firstId, count) => `/api/v3/historicalTrades?symbol=${encodeURIComponent(symbol)}&fromId=${firstId}&limit=${count}`,
    row,
    ofRow: ({ id, price, qty, time, isBuyerMaker }: v.InferOutput<typeof row>, frame) =>
      eventOf(id, frame.time(time), frame.decimal(price), frame.decimal(qty), isBuyerMaker, frame),
  },
};

function eventOf(
  tradeId: number,
  eventTime: number,
  price: number,
  size: number,
  isBuyerMaker: boolean,
  { recvTime, source, symbol, origin }: FrameInfo,
): TradeEvent {
  const side = isBuyerMaker ? "sell" : "buy"; // the buyer was the maker, so the taker sold
  return { recvTime, eventTime, source, symbol, tradeId, tradeKey: undefined, price, size, side, origin };
}
