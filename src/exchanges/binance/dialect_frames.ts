import { unreachable } from "../../lib/assert.ts";
import { US_PER_MS } from "../../lib/time.ts";
import type { ConnectionView, EventFacts, MarketEvent, PriceSize, RecordedFrame, Topic } from "../dialect.ts";
import type { TimeUnit } from "../source.ts";

/** Payloads as web-socket-streams prints them, read 2026-11: trade, bookTicker (no times), depthUpdate. Key order as captured in 2024. */
export function render(event: MarketEvent, unit: TimeUnit): string {
  const symbol = JSON.stringify(event.symbol);
  switch (event.type) {
    case "trade":
      return `{"e":"trade","E":${timeIn(unit, event.sentTime)},"s":${symbol},"t":${event.id},"p":"${event.price}","q":"${event.size}","T":${
        timeIn(unit, event.time)
      },"m":${event.isBuyerMaker},"M":true}`;
    case "bbo":
      return `{"u":${event.updateId},"s":${symbol},"b":"${event.bidPrice}","B":"${event.bidSize}","a":"${event.askPrice}","A":"${event.askSize}"}`;
    case "depth":
      return `{"e":"depthUpdate","E":${timeIn(unit, event.time)},"s":${symbol},"U":${event.firstUpdateId},"u":${event.lastUpdateId},"b":${
        levels(event.bids)
      },"a":${levels(event.asks)}}`;
    default:
      return unreachable(event);
  }
}

export function envelope(stream: string, payload: string, isCombined: boolean): string {
  return isCombined ? `{"stream":${JSON.stringify(stream)},"data":${payload}}` : payload;
}

/** Spot since 2026-05. */
export function shutdownNotice(time: number, { isCombined, timeUnit }: ConnectionView): string {
  return envelope("!serverShutdown", `{"e":"serverShutdown","E":${timeIn(timeUnit, time)}}`, isCombined);
}

export function timeIn(unit: TimeUnit, time: number): number {
  return unit === "us" ? time : Math.floor(time / US_PER_MS);
}

function levels(pairs: readonly PriceSize[]): string {
  return `[${pairs.map(([price, size]) => `["${price}","${size}"]`).join(",")}]`;
}

const TIMES = /"([ET])":(\d{13})(\d{3})?(?=[,}])/g; // 13 digits are ms, 16 are µs, until 2286

export function recorded(text: string): RecordedFrame | undefined {
  const [head, name] = /^\{"stream":("[^"]+"),"data":/.exec(text) ?? [];
  if (head === undefined || name === undefined || !text.endsWith("}")) return undefined;
  const payload = text.slice(head.length, -1);
  return {
    stream: JSON.parse(name),
    payload: (unit) => payload.replace(TIMES, (_, key, ms, us) => `"${key}":${ms}${unit === "us" ? us ?? "000" : ""}`),
  };
}

/** Streams of spot, live or retired: web-socket-streams, read 2026-11. Others are of the futures. */
const SPOT_STREAM =
  /^(?:[^@]+@(?:trade|aggTrade|blockTrade|bookTicker|depth(?:5|10|20)?(?:@100ms|@1000ms)?|kline_\w+(?:@\+08:00)?|miniTicker|ticker(?:_\w+)?|avgPrice|referencePrice)|!(?:bookTicker|miniTicker@arr|ticker(?:_\w+)?@arr))$/;
/** What only futures say: the kind of a trade, the previous update id, and a best price with an event type. */
const FUTURES_FIELD = /"X":"|"pu":\d|"e":"bookTicker"/;

export function foreign({ stream, payload }: RecordedFrame): string | undefined {
  if (SPOT_STREAM.test(stream) && !FUTURES_FIELD.test(payload("ms"))) return undefined;
  return `${stream} is recorded as Binance futures send it, not spot`;
}

/** What must be stored of a payload with times in µs. Bare JSON.parse, on purpose: the codec is what this is checked against. */
export function facts(topic: Topic, payload: string): EventFacts {
  const raw = JSON.parse(payload);
  switch (topic.type) {
    case "trade":
      return {
        id: String(raw.t),
        eventTime: raw.T,
        sequence: [raw.t, raw.t],
        fields: { trade_id: raw.t, price: Number(raw.p), size: Number(raw.q), side: raw.m ? "sell" : "buy" },
      };
    case "bbo":
      return {
        id: String(raw.u),
        eventTime: null,
        sequence: [raw.u, raw.u],
        fields: {
          update_id: raw.u,
          bid_price: priceOf(raw.b, raw.B),
          bid_size: sizeOf(raw.b, raw.B),
          ask_price: priceOf(raw.a, raw.A),
          ask_size: sizeOf(raw.a, raw.A),
        },
      };
    case "depth":
      return {
        id: `${raw.U}-${raw.u}`,
        eventTime: raw.E,
        sequence: [raw.U, raw.u],
        fields: { first_update_id: raw.U, last_update_id: raw.u, bids: numbers(raw.b), asks: numbers(raw.a) },
      };
    default:
      return unreachable(topic.type);
  }
}

/** An empty side is told as price and size 0 and stored as null. */
function priceOf(price: string, size: string): number | null {
  return Number(price) === 0 && Number(size) === 0 ? null : Number(price);
}

function sizeOf(price: string, size: string): number | null {
  return Number(price) === 0 && Number(size) === 0 ? null : Number(size);
}

function numbers(pairs: readonly PriceSize[]): number[][] {
  return pairs.map(([price, size]) => [Number(price), Number(size)]);
}
