import * as v from "valibot";
import { bbo, type BboEvent } from "../../events/bbo.ts";
import type { Channel, FrameInfo } from "../source.ts";
import { id, symbol } from "./fields.ts";
import { hasSuffix, streamName } from "./names.ts";

const raw = v.object({
  u: id,
  s: symbol,
  b: v.string(),
  B: v.string(),
  a: v.string(),
  A: v.string(),
});

/**
 * Spot best bid and offer: web-socket-streams, "Individual Symbol Book Ticker Streams", read 2026-11.
 *
 *     {"stream":"btcusdt@bookTicker","data":{"u":50093421612,"s":"BTCUSDT","b":"61685.99000000","B":"1.25869000","a":"61686.00000000","A":"2.44807000"}}
 *
 * The venue gives no event time: `event_time` is null, not a copy of `recv_time`. `u` rises strictly per symbol and is not consecutive,
 * so a gap cannot be proven. An empty side comes as price and size 0.
 */
export const spotBbo: Channel<BboEvent, v.InferOutput<typeof raw>> = {
  event: bbo,
  stream: ({ symbol }) => streamName(symbol, "@bookTicker"),
  matches: (stream) => hasSuffix(stream, "@bookTicker"),
  raw,
  symbolOf: ({ s }) => s,
  ofJson: ({ u, b, B, a, A }, frame) => [
    eventOf(u, frame.decimal(b), frame.decimal(B), frame.decimal(a), frame.decimal(A), frame),
  ],
  scanner: (symbol) => {
    const toBid = `,"s":${JSON.stringify(symbol)},"b":"`;
    return (scan, frame) => {
      scan.literal('","data":{"u":');
      const updateId = scan.integer();
      scan.literal(toBid);
      const bidPrice = scan.decimal();
      scan.literal('","B":"');
      const bidSize = scan.decimal();
      scan.literal('","a":"');
      const askPrice = scan.decimal();
      scan.literal('","A":"');
      const askSize = scan.decimal();
      scan.literal('"}}');
      return scan.isWhole() ? eventOf(updateId, bidPrice, bidSize, askPrice, askSize, frame) : undefined;
    };
  },
};

function eventOf(
  updateId: number,
  bidPrice: number,
  bidSize: number,
  askPrice: number,
  askSize: number,
  { recvTime, source, symbol, origin }: FrameInfo,
): BboEvent {
  const hasBid = bidPrice !== 0 || bidSize !== 0;
  const hasAsk = askPrice !== 0 || askSize !== 0;
  return {
    recvTime,
    eventTime: undefined,
    source,
    symbol,
    updateId,
    bidPrice: hasBid ? bidPrice : undefined,
    bidSize: hasBid ? bidSize : undefined,
    askPrice: hasAsk ? askPrice : undefined,
    askSize: hasAsk ? askSize : undefined,
    origin,
  };
}
