import type { Listing, MarketTrade, MarketView } from "../dialect.ts";
import type { TimeUnit } from "../source.ts";
import { timeIn } from "./dialect_frames.ts";

const TICKER_TRADES = 100; // our 24 h statistics cover the newest hundred trades: nothing reads more from them

export function tradeEntry({ id, price, size, time, isBuyerMaker }: MarketTrade, unit: TimeUnit): unknown {
  const quoteQty = decimal8(scaled(price) * scaled(size) / 100_000_000n);
  return { id, price, qty: size, quoteQty, time: timeIn(unit, time), isBuyerMaker, isBestMatch: true };
}

/** One taker order is one fill here, so an aggregate is one trade and bears its id. */
export function aggregate({ id, price, size, time, isBuyerMaker }: MarketTrade, unit: TimeUnit): unknown {
  return { a: id, p: price, q: size, f: id, l: id, T: timeIn(unit, time), m: isBuyerMaker, M: true };
}

interface Span {
  readonly fromId: number | undefined;
  readonly from: number | undefined;
  readonly to: number | undefined;
  readonly limit: number;
}

/** From an id or a time on, or up to a time, or the newest. */
export function tradesOf(market: MarketView, symbol: string, { fromId, from, to, limit }: Span): readonly MarketTrade[] {
  const firstId = from === undefined ? fromId : firstIdSince(market, symbol, from);
  if (from !== undefined && firstId === undefined) return [];
  const endId = to === undefined ? undefined : firstIdSince(market, symbol, to + 1);
  const startId = firstId ?? (endId === undefined ? undefined : Math.max(0, endId - limit));
  return market.trades(symbol, startId, limit).filter(({ id }) => endId === undefined || id < endId);
}

/** The id of the first trade at that time or later, where there is one. Ids and times rise together. */
function firstIdSince(market: MarketView, symbol: string, time: number): number | undefined {
  const newest = market.trades(symbol, undefined, 1)[0];
  let low = market.trades(symbol, 0, 1)[0]?.id;
  if (low === undefined || newest === undefined || newest.time < time) return undefined;
  let high = newest.id;
  while (low < high) {
    const middle: number = Math.floor((low + high) / 2);
    if (market.trades(symbol, middle, 1)[0]!.time < time) low = middle + 1;
    else high = middle;
  }
  return low;
}

export function ticker({ symbol }: Listing, market: MarketView, unit: TimeUnit): unknown {
  const trades = market.trades(symbol, undefined, TICKER_TRADES);
  const prices = trades.map((trade) => scaled(trade.price)).sort((a, b) => a < b ? -1 : 1);
  const closeTime = market.time();
  return {
    symbol,
    openPrice: trades[0]?.price ?? decimal8(0n),
    lastPrice: trades.at(-1)?.price ?? decimal8(0n),
    lastQty: trades.at(-1)?.size ?? decimal8(0n),
    lowPrice: decimal8(prices[0] ?? 0n),
    highPrice: decimal8(prices.at(-1) ?? 0n),
    volume: decimal8(trades.reduce((sum, trade) => sum + scaled(trade.size), 0n)),
    openTime: timeIn(unit, trades[0]?.time ?? closeTime),
    closeTime: timeIn(unit, closeTime),
    firstId: trades[0]?.id ?? -1,
    lastId: trades.at(-1)?.id ?? -1,
    count: trades.length,
  };
}

function scaled(decimal: string): bigint {
  return BigInt(decimal.replace(".", ""));
}

function decimal8(value: bigint): string {
  const digits = String(value).padStart(9, "0");
  return `${digits.slice(0, -8)}.${digits.slice(-8)}`;
}
