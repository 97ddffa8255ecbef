import { US_PER_MS } from "../../lib/time.ts";
import type { Listing, MarketView, RestRequest, RestRoute } from "../dialect.ts";
import { timeIn } from "./dialect_frames.ts";
import { BadRequest, Query } from "./dialect_query.ts";
import { aggregate, ticker, tradeEntry, tradesOf } from "./dialect_trades.ts";

const DEPTH_LIMIT_MAX = 5_000; // larger is clipped
const TRADES_LIMIT_MAX = 1_000;
const SYMBOL_STATUSES = ["TRADING", "HALT", "BREAK", "CANCEL_ONLY", "END_OF_DAY"];

/** REST of rest-api, "Market Data endpoints", weights as of 2026-11. */
export function rest(request: RestRequest, market: MarketView): RestRoute {
  const [path = "", queryText = ""] = request.target.split("?", 2);
  const query = new Query(queryText, request.headers);
  const handler = ROUTES[path];
  if (handler === undefined) return { weight: 1, answer: () => ({ status: 404, body: JSON.stringify({ code: -1000, msg: "Not Found" }) }) };
  if (request.method !== "GET") return { weight: 1, answer: () => failed(405, -1000, "Request method is not supported.") };
  try {
    const { weight, body } = handler(query, market);
    return { weight, answer: () => answered(body) };
  } catch (error) {
    if (!(error instanceof BadRequest)) throw error;
    return { weight: 1, answer: () => failed(400, error.code, error.message) };
  }
}

type Handler = (query: Query, market: MarketView) => { readonly weight: number; readonly body: () => unknown };

const ROUTES: Readonly<Record<string, Handler>> = {
  "/api/v3/ping": () => ({ weight: 1, body: () => ({}) }),
  "/api/v3/time": (query, market) => ({ weight: 1, body: () => ({ serverTime: timeIn(query.timeUnit, market.time()) }) }),
  "/api/v3/exchangeInfo": exchangeInfo,
  "/api/v3/depth": (query, market) => {
    const { symbol } = query.listing(market);
    const limit = Math.min(query.integer("limit", 100, 1) ?? 100, DEPTH_LIMIT_MAX);
    const body = () => {
      const book = market.book(symbol);
      if (book === undefined) throw new BadRequest(-1121, "Invalid symbol.");
      return { lastUpdateId: book.lastUpdateId, bids: book.bids.slice(0, limit), asks: book.asks.slice(0, limit) };
    };
    return { weight: limit <= 100 ? 5 : limit <= 500 ? 25 : limit <= 1_000 ? 50 : 250, body };
  },
  "/api/v3/trades": (query, market) => {
    const { symbol } = query.listing(market);
    const limit = Math.min(query.integer("limit", 500, 1) ?? 500, TRADES_LIMIT_MAX);
    return { weight: 25, body: () => market.trades(symbol, undefined, limit).map((trade) => tradeEntry(trade, query.timeUnit)) };
  },
  "/api/v3/historicalTrades": (query, market) => {
    const { symbol } = query.listing(market);
    const limit = Math.min(query.integer("limit", 500, 1) ?? 500, TRADES_LIMIT_MAX);
    const fromId = query.integer("fromId", undefined, 0);
    return { weight: 25, body: () => market.trades(symbol, fromId, limit).map((trade) => tradeEntry(trade, query.timeUnit)) };
  },
  "/api/v3/aggTrades": (query, market) => {
    const { symbol } = query.listing(market);
    const limit = Math.min(query.integer("limit", 500, 1) ?? 500, TRADES_LIMIT_MAX);
    const fromId = query.integer("fromId", undefined, 0);
    const [from, to] = [query.time("startTime"), query.time("endTime")];
    if (fromId !== undefined && (from !== undefined || to !== undefined)) {
      throw new BadRequest(-1128, "Combination of optional parameters invalid. 'fromId' cannot be sent with 'startTime' or 'endTime'.");
    }
    return {
      weight: 4,
      body: () => tradesOf(market, symbol, { fromId, from, to, limit }).map((each) => aggregate(each, query.timeUnit)),
    };
  },
  "/api/v3/ticker/24hr": (query, market) => {
    if (query.has("symbol")) {
      const listing = query.listing(market);
      return { weight: 2, body: () => ticker(listing, market, query.timeUnit) };
    }
    const some = query.symbols(market);
    const listings = some ?? market.listings();
    const weight = some === undefined || some.length > 100 ? 80 : some.length > 20 ? 40 : 2;
    return { weight, body: () => listings.map((listing) => ticker(listing, market, query.timeUnit)) };
  },
};

function exchangeInfo(query: Query, market: MarketView) {
  const status = query.choice("symbolStatus", SYMBOL_STATUSES);
  const named = ["symbol", "symbols", "symbolStatus"].filter((name) => query.has(name));
  if (named.length > 1) throw new BadRequest(-1128, `Combination of optional parameters invalid: ${named.join(", ")}.`);
  const some = query.has("symbol") ? [query.listing(market)] : query.symbols(market);
  const withPermissions = query.choice("showPermissionSets", ["true", "false"]) !== "false";
  return {
    weight: 20,
    body: () => ({
      timezone: "UTC",
      serverTime: timeIn(query.timeUnit, market.time()),
      rateLimits: [
        { rateLimitType: "REQUEST_WEIGHT", interval: "MINUTE", intervalNum: 1, limit: 6_000 },
        { rateLimitType: "RAW_REQUESTS", interval: "MINUTE", intervalNum: 5, limit: 300_000 },
      ],
      exchangeFilters: [],
      symbols: (some ?? market.listings())
        .filter((listing) => status === undefined || listing.status === status)
        .map((listing) => symbolEntry(listing, withPermissions)),
    }),
  };
}

function symbolEntry({ symbol, base, quote, status, tickSize, lotSize, entry }: Listing, withPermissions: boolean): unknown {
  if (entry !== undefined) return { ...entry, status };
  return {
    symbol,
    status,
    baseAsset: base,
    baseAssetPrecision: 8,
    quoteAsset: quote,
    quotePrecision: 8,
    quoteAssetPrecision: 8,
    baseCommissionPrecision: 8,
    quoteCommissionPrecision: 8,
    orderTypes: ["LIMIT", "LIMIT_MAKER", "MARKET", "STOP_LOSS_LIMIT", "TAKE_PROFIT_LIMIT"],
    icebergAllowed: true,
    ocoAllowed: true,
    otoAllowed: true,
    quoteOrderQtyMarketAllowed: true,
    allowTrailingStop: true,
    cancelReplaceAllowed: true,
    isSpotTradingAllowed: status === "TRADING",
    isMarginTradingAllowed: false,
    filters: [
      { filterType: "PRICE_FILTER", minPrice: tickSize, maxPrice: "10000000.00000000", tickSize },
      { filterType: "LOT_SIZE", minQty: lotSize, maxQty: "100000000.00000000", stepSize: lotSize },
    ],
    permissions: [],
    permissionSets: withPermissions ? [["SPOT"]] : [],
    defaultSelfTradePreventionMode: "EXPIRE_MAKER",
    allowedSelfTradePreventionModes: ["EXPIRE_TAKER", "EXPIRE_MAKER", "EXPIRE_BOTH"],
  };
}

// ── answers ──────────────────────────────────────────────────────────────────────────────────────────────────────────────

function answered(body: () => unknown) {
  try {
    return { status: 200, body: JSON.stringify(body()) };
  } catch (error) {
    if (!(error instanceof BadRequest)) throw error;
    return failed(400, error.code, error.message);
  }
}

function failed(status: number, code: number, msg: string) {
  return { status, body: JSON.stringify({ code, msg }) };
}

export function refusal(status: 418 | 429, usedWeight: number, untilTime: number): string {
  const msg = status === 429
    ? `Too much request weight used; current limit is 6000 request weight per 1 MINUTE (used ${usedWeight}). Please use WebSocket Streams for live updates to avoid polling the API.`
    : `Way too much request weight used; IP banned until ${
      Math.floor(untilTime / US_PER_MS)
    }. Please use WebSocket Streams for live updates to avoid bans.`;
  return JSON.stringify({ code: -1003, msg });
}

export function failure(status: number): string {
  const [code, msg] = status === 503
    ? [-1008, "Server is currently overloaded with other requests. Please try again in a few minutes."]
    : status === 504
    ? [-1007, "Timeout waiting for response from backend server. Send status unknown; execution status unknown."]
    : [-1001, "Internal error; unable to process your request. Please try again."];
  return JSON.stringify({ code, msg });
}

export function weightHeaders(usedWeight: number): Readonly<Record<string, string>> {
  return { "x-mbx-used-weight": String(usedWeight), "x-mbx-used-weight-1m": String(usedWeight) };
}
