import type { Listing } from "../../exchanges/dialect.ts";
import { listingOf } from "./synthetic_market.ts";

const WELL_KNOWN = ["BTCUSDT", "ETHUSDT", "SOLUSDT", "BNBUSDT", "XRPUSDT", "DOGEUSDT", "ETHBTC", "1000SATSUSDT"];
/** Spot has symbols beyond ASCII since 2025-12, and keeps dead ones in its list. */
const NOT_ASCII = "这是测试币456USDT";
const DEAD = "RETIREDUSDT";

/** So many symbols that trade, among them odd ones, and one more that does not; or exactly the named ones. */
export function marketListings(seed: number, symbols: number | readonly string[]): Listing[] {
  if (typeof symbols !== "number") return symbols.map((symbol) => listingOf(seed, symbol.toUpperCase()));
  const names = [...WELL_KNOWN, NOT_ASCII].slice(0, symbols);
  for (let i = names.length; i < symbols; i++) names.push(`COIN${String(i).padStart(4, "0")}USDT`);
  return [...names.map((symbol) => listingOf(seed, symbol)), listingOf(seed, DEAD, "BREAK")];
}

/** The symbols of a recorded list: those that trade in it get a market here. */
export function recordedListings(seed: number, exchangeInfo: string): Listing[] {
  const { symbols } = JSON.parse(exchangeInfo) as { symbols: Record<string, unknown>[] };
  return symbols.map((entry) => ({
    ...listingOf(seed, String(entry["symbol"]), String(entry["status"])),
    base: String(entry["baseAsset"]),
    quote: String(entry["quoteAsset"]),
    entry,
  }));
}
