import * as v from "valibot";
import { parseDecimal } from "../../lib/decimal.ts";
import { RestError } from "../../lib/errors.ts";
import type { Instrument, Rest } from "../source.ts";

const EXCHANGE_INFO = "/api/v3/exchangeInfo?showPermissionSets=false";
const EXCHANGE_INFO_WEIGHT = 20; // rest-api, "Exchange information", read 2026-11

const text = v.pipe(v.string(), v.minLength(1));
const answer = v.object({ symbols: v.array(v.unknown()) });
const entry = v.object({ symbol: text, status: text, baseAsset: text, quoteAsset: text, filters: v.optional(v.unknown()) });

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
    else {refused(
        nameOf(each) ?? `entry ${index}`,
        `exchangeInfo entry: ${v.getDotPath(symbol.issues[0]) ?? "all of it"}: ${symbol.issues[0].message}`,
      );}
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

/**
 * A value of 0 switches the venue's rule off: there is no tick then. Filters only describe: one we cannot read costs the description, never
 * the recording of the symbol.
 */
function filterValue(filters: unknown, type: string, key: string): number | undefined {
  const filter = Array.isArray(filters) ? filters.find((each) => each?.filterType === type) : undefined;
  const value = typeof filter?.[key] === "string" ? parseDecimal(filter[key])?.value : undefined;
  return value !== undefined && value > 0 ? value : undefined;
}

function nameOf(each: unknown): string | undefined {
  const symbol = typeof each === "object" && each !== null && "symbol" in each ? each.symbol : undefined;
  return typeof symbol === "number" || (typeof symbol === "string" && symbol !== "") ? String(symbol) : undefined;
}
