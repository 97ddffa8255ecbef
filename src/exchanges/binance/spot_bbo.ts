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
  ofJson: (payload, frame) => {
    const bid = side(payload.b, payload.B, frame);
    const ask = side(payload.a, payload.A, frame);
    return [{
      recvTime: frame.recvTime,
      eventTime: undefined,
      source: frame.source,
      symbol: frame.symbol,
      updateId: payload.u,
      bidPrice: bid.price,
      bidSize: bid.size,
      askPrice: ask.price,
      askSize: ask.size,
      origin: frame.origin,
    }];
  },
};

const EMPTY = { price: undefined, size: undefined };

function side(priceText: string, sizeText: string, frame: FrameInfo) {
  const price = frame.decimal(priceText);
  const size = frame.decimal(sizeText);
  return price === 0 && size === 0 ? EMPTY : { price, size };
}
