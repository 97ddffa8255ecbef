import type { SyntheticMarket } from "./synthetic_market.ts";
import type { Venue } from "./venue.ts";

export type SymbolChange = "list" | "delist" | "halt";

/** Lists a symbol (or lets it trade on), takes it off the list, or halts it, and notes it in the ledger as what it says it did. */
export function changeSymbol(
  venue: Venue,
  market: SyntheticMarket,
  change: SymbolChange,
  symbol: string,
): "listed" | "delisted" | "halted" {
  const done = ({ list: "listed", delist: "delisted", halt: "halted" } as const)[change];
  market[change](symbol);
  venue.note(done, symbol);
  return done;
}
