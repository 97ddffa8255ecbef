import * as v from "valibot";
import { RestError } from "../../lib/errors.ts";
import type { Instrument, Rest } from "../source.ts";

const EXCHANGE_INFO = "/api/v3/exchangeInfo?showPermissionSets=false";
const EXCHANGE_INFO_WEIGHT = 20; // rest-api, "Exchange information", read 2026-11

const answer = v.object({ symbols: v.array(v.unknown()) });
const entry = v.object({
  symbol: v.pipe(v.string(), v.minLength(1)),
  status: v.string(),
  baseAsset: v.string(),
  quoteAsset: v.string(),
  filters: v.optional(v.array(v.looseObject({ filterType: v.string() })), []),
});

/**
 * The spot universe. Every status but BREAK produces market data (HALT and CANCEL_ONLY too: enums, 2026-07); statuses we do not know are
 * taken as producing. Symbols may be any UTF-8 since 2025-12.
 */
export async function spotUniverse(rest: Rest, refused: (symbol: string, why: string) => void): Promise<Instrument[]> {
  const parsed = v.safeParse(answer, await rest.get(EXCHANGE_INFO, EXCHANGE_INFO_WEIGHT));
  if (!parsed.success) throw new RestError(`${EXCHANGE_INFO}: no list of symbols in the answer`);
  const instruments: Instrument[] = [];
  for (const [index, each] of parsed.output.symbols.entries()) {
    const symbol = v.safeParse(entry, each);
    if (symbol.success) instruments.push(instrumentOf(symbol.output));
    else refused(nameOf(each) ?? `entry ${index}`, `exchangeInfo entry: ${symbol.issues[0].message}`);
  }
  return instruments;
}

function instrumentOf({ symbol, status, baseAsset, quoteAsset, filters }: v.InferOutput<typeof entry>): Instrument {
  return {
    symbol,
    base: baseAsset,
    quote: quoteAsset,
    kind: "spot",
    status,
    isLive: status !== "BREAK",
    tickSize: filterValue(filters, "PRICE_FILTER", "tickSize"),
    lotSize: filterValue(filters, "LOT_SIZE", "stepSize"),
  };
}

/** A value of 0 switches the venue's rule off: there is no tick then. */
function filterValue(filters: readonly Record<string, unknown>[], type: string, key: string): number | undefined {
  const value = Number(filters.find((filter) => filter.filterType === type)?.[key]);
  return Number.isFinite(value) && value > 0 ? value : undefined;
}

function nameOf(each: unknown): string | undefined {
  return typeof each === "object" && each !== null && "symbol" in each ? String(each.symbol) : undefined;
}
