import type { Cancel, Timers } from "../../runtime/runtime.ts";
import type { Faults, SymbolFault } from "./faults.ts";
import { changeSymbol, type SymbolChange } from "./symbol_changes.ts";
import type { SyntheticMarket } from "./synthetic_market.ts";
import type { Venue } from "./venue.ts";

const LISTED_MAX = 8; // new symbols of one run; later ones come back instead
const BACK_AFTER_MS = 30_000; // a halt and a delisting end, so that the market does not run dry

/** Lists, delists and halts symbols now and then, and undoes the last two after a while. Pick and moment come from the plan. */
export class SymbolFaults {
  readonly #timers: Timers;
  readonly #venue: Venue;
  readonly #market: SyntheticMarket;
  readonly #faults: Faults;
  readonly #away = new Set<string>();
  readonly #cancels = new Set<Cancel>();
  #listedCount = 0;

  constructor(timers: Timers, venue: Venue, market: SyntheticMarket, faults: Faults) {
    this.#timers = timers;
    this.#venue = venue;
    this.#market = market;
    this.#faults = faults;
    this.#plan(0);
  }

  /** The list stays as it is from now on; nothing comes back. */
  stop(): void {
    for (const cancel of this.#cancels) cancel();
    this.#cancels.clear();
  }

  #plan(n: number): void {
    const fault = this.#faults.symbol(n);
    if (fault === undefined) return;
    this.#after(fault.waitMs, () => {
      this.#happen(fault);
      this.#plan(n + 1);
    });
  }

  #happen({ kind, pick }: SymbolFault): void {
    if (kind === "list") {
      if (this.#listedCount < LISTED_MAX) this.#change("list", `NEW${++this.#listedCount}USDT`);
      return;
    }
    const trading = this.#market.listings().filter(({ symbol, status }) => status === "TRADING" && !this.#away.has(symbol));
    const chosen = trading[Math.floor(pick * trading.length)];
    if (chosen === undefined || trading.length === 1) return; // one symbol keeps trading: a silent venue tests nothing
    this.#change(kind, chosen.symbol);
    this.#away.add(chosen.symbol);
    this.#after(BACK_AFTER_MS, () => {
      this.#away.delete(chosen.symbol);
      this.#change("list", chosen.symbol);
    });
  }

  #change(change: SymbolChange, symbol: string): void {
    this.#venue.symbolFault(changeSymbol(this.#venue, this.#market, change, symbol), symbol);
  }

  #after(ms: number, run: () => void): void {
    const cancel = this.#timers.after(ms, () => {
      this.#cancels.delete(cancel);
      run();
    });
    this.#cancels.add(cancel);
  }
}
