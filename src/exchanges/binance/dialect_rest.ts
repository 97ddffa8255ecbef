import { US_PER_MS } from "../../lib/time.ts";
import type { Listing, MarketTrade, MarketView, RestRequest, RestRoute } from "../dialect.ts";
import type { TimeUnit } from "../source.ts";
import { timeIn } from "./dialect_frames.ts";

const SYMBOL_CHARS = /^[^\s"\\<>&]{1,50}$/u; // the documented pattern, widened in 2025-12 when symbols became UTF-8
const DEPTH_LIMIT_MAX = 5_000; // larger is clipped
const TRADES_LIMIT_MAX = 1_000;
const TICKER_TRADES = 100; // our 24 h statistics cover the newest hundred trades: nothing reads more from them

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
  const some = query.has("symbol") ? [query.listing(market)] : query.symbols(market);
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
      symbols: (some ?? market.listings()).map(symbolEntry),
    }),
  };
}

function symbolEntry({ symbol, base, quote, status, tickSize, lotSize, entry }: Listing): unknown {
  if (entry !== undefined) return { ...entry, status };
  return {
    symbol,
    status,
    baseAsset: base,
    baseAssetPrecision: 8,
    quoteAsset: quote,
    quotePrecision: 8,
    quoteAssetPrecision: 8,
    isSpotTradingAllowed: status === "TRADING",
    filters: [
      { filterType: "PRICE_FILTER", minPrice: tickSize, maxPrice: "10000000.00000000", tickSize },
      { filterType: "LOT_SIZE", minQty: lotSize, maxQty: "100000000.00000000", stepSize: lotSize },
    ],
    permissionSets: [],
  };
}

function tradeEntry({ id, price, size, time, isBuyerMaker }: MarketTrade, unit: TimeUnit): unknown {
  const quoteQty = decimal8(scaled(price) * scaled(size) / 100_000_000n);
  return { id, price, qty: size, quoteQty, time: timeIn(unit, time), isBuyerMaker, isBestMatch: true };
}

function ticker({ symbol }: Listing, market: MarketView, unit: TimeUnit): unknown {
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

// ── parameters ───────────────────────────────────────────────────────────────────────────────────────────────────────────

class BadRequest extends Error {
  readonly code: number;
  constructor(code: number, message: string) {
    super(message);
    this.code = code;
  }
}

class Query {
  readonly timeUnit: TimeUnit;
  readonly #values: URLSearchParams;

  constructor(text: string, headers: RestRequest["headers"]) {
    this.#values = new URLSearchParams(text);
    this.timeUnit = headers["x-mbx-time-unit"]?.toUpperCase() === "MICROSECOND" ? "us" : "ms";
  }

  has(name: string): boolean {
    return this.#values.has(name);
  }

  integer<T extends number | undefined>(name: string, otherwise: T, min: number): number | T {
    const text = this.#values.get(name);
    if (text === null) return otherwise;
    if (!/^-?\d{1,20}$/.test(text)) {
      throw new BadRequest(-1100, `Illegal characters found in parameter '${name}'; legal range is '^[0-9]{1,20}$'.`);
    }
    if (Number(text) < min) throw new BadRequest(-1130, `Data sent for parameter '${name}' is not valid.`);
    return Number(text);
  }

  listing(market: MarketView): Listing {
    const symbol = this.#values.get("symbol");
    if (symbol === null || symbol === "") {
      throw new BadRequest(-1102, "Mandatory parameter 'symbol' was not sent, was empty/null, or malformed.");
    }
    return found(symbol, market);
  }

  /** The parameter `symbols`, a JSON list. */
  symbols(market: MarketView): Listing[] | undefined {
    const text = this.#values.get("symbols");
    if (text === null) return undefined;
    let names: unknown;
    try {
      names = JSON.parse(text);
    } catch {
      names = undefined;
    }
    if (!Array.isArray(names) || !names.every((name) => typeof name === "string")) {
      throw new BadRequest(-1100, "Illegal characters found in parameter 'symbols'.");
    }
    if (new Set(names).size !== names.length) throw new BadRequest(-1151, "Symbol is present multiple times in the list.");
    return names.map((name) => found(name, market));
  }
}

function found(symbol: string, market: MarketView): Listing {
  if (!SYMBOL_CHARS.test(symbol)) throw new BadRequest(-1100, "Illegal characters found in parameter 'symbol'.");
  const listing = market.listings().find((each) => each.symbol === symbol);
  if (listing === undefined) throw new BadRequest(-1121, "Invalid symbol.");
  return listing;
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

export function weightHeaders(usedWeight: number): Readonly<Record<string, string>> {
  return { "x-mbx-used-weight": String(usedWeight), "x-mbx-used-weight-1m": String(usedWeight) };
}
