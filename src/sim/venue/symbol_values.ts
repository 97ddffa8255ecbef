import type { MarketBbo, MarketBook, MarketTrade, PriceSize } from "../../exchanges/dialect.ts";
import { keyOf, mix } from "./mix.ts";

/**
 * Everything a symbol ever says, as a function of (seed, symbol, n): no state. One row therefore shows alteration or invention by itself,
 * and REST can answer for any moment.
 *
 * The book is coherent all the same. An update either moves the best prices (and takes the old ones away) or sets one of twenty levels on
 * one side, which lie outside all best prices ever; the twenty are visited in turn, so the last sixty-seven updates are the whole book.
 */
export class SymbolValues {
  readonly symbol: string;
  readonly tickSize: string;
  readonly lotSize: string;
  /** Ids begin beyond 32 bits, where a careless reader breaks. */
  readonly firstTradeId: number;
  readonly firstUpdateId: number;
  readonly #tradeKey: number;
  readonly #bestKey: number;
  readonly #levelKey: number;
  readonly #tick: number;
  readonly #lot: number;
  readonly #middle: number;
  readonly #inexactOneIn: number;

  constructor(seed: number, symbol: string, options: { readonly inexactOneIn?: number } = {}) {
    this.symbol = symbol;
    this.#tradeKey = keyOf(seed, symbol, "trade");
    this.#bestKey = keyOf(seed, symbol, "best");
    this.#levelKey = keyOf(seed, symbol, "level");
    this.#inexactOneIn = options.inexactOneIn ?? 0;
    const nature = keyOf(seed, symbol, "nature");
    this.#tick = 10 ** (2 * (nature % 4)); // 0.00000001 … 0.01000000
    this.#lot = 10 ** (3 + (mix(nature, 1) % 4)); // 0.00001000 … 0.01000000
    this.#middle = 10_000 + (mix(nature, 2) % 9_000_000); // ticks; never so low that a level would be negative
    this.tickSize = decimal8(this.#tick);
    this.lotSize = decimal8(this.#lot);
    this.firstTradeId = 3_000_000_000 + (mix(nature, 3) % 1_000_000_000);
    this.firstUpdateId = 50_000_000_000 + mix(nature, 4);
  }

  /** The n-th trade since the beginning; every eighth or so repeats the values of the one before. */
  trade(n: number): Omit<MarketTrade, "time" | "sentTime"> {
    const bits = mix(this.#tradeKey, n - (n % 8 === 5 ? 1 : 0));
    const price = this.#middle + wander(Math.floor(n / 16)) + (bits % 7) - 3;
    return {
      type: "trade",
      symbol: this.symbol,
      id: this.firstTradeId + n,
      price: this.#price(price),
      size: this.#isInexact(n) ? `1234567890.${String(10_000_000 + (bits % 89_999_999))}` : this.#size(bits >>> 8),
      isBuyerMaker: (bits & 1) === 1,
    };
  }

  /** How long the venue's streaming layer took with a trade, in µs. */
  tradeDelayUs(n: number): number {
    return 100 + (mix(this.#tradeKey ^ 0x5bd1e995, n) % 900);
  }

  /** The best prices after the n-th update, which moved them. */
  bbo(n: number): MarketBbo {
    const best = this.#best(bestIndex(n));
    return {
      type: "bbo",
      symbol: this.symbol,
      updateId: this.firstUpdateId + n,
      bidPrice: best.bid[0],
      bidSize: best.bid[1],
      askPrice: best.ask[0],
      askSize: best.ask[1],
    };
  }

  /** The levels the updates from `first` to `last` left behind, as a venue cuts them into one window: best price first. */
  changes(first: number, last: number): { bids: PriceSize[]; asks: PriceSize[] } {
    const bids = new Map<string, string>();
    const asks = new Map<string, string>();
    for (let n = Math.max(0, first); n <= last; n++) this.#apply(n, bids, asks);
    return { bids: sorted(bids, -1), asks: sorted(asks, 1) };
  }

  /** The book after the n-th update. */
  book(n: number): MarketBook {
    const { bids, asks } = this.changes(n - UPDATES_IN_BOOK, n);
    return { lastUpdateId: this.firstUpdateId + n, bids: bids.filter(isPresent), asks: asks.filter(isPresent) };
  }

  #apply(n: number, bids: Map<string, string>, asks: Map<string, string>): void {
    if (!movesBest(n)) {
      const visit = levelIndex(n);
      const bits = mix(this.#levelKey, n);
      const size = bits % 8 === 0 ? ABSENT : this.#size(bits >>> 3);
      const away = LEVELS_FROM + (Math.floor(visit / 2) * 7) % LEVELS;
      if (visit % 2 === 0) bids.set(this.#price(this.#middle - away), size);
      else asks.set(this.#price(this.#middle + away), size);
      return;
    }
    const index = bestIndex(n);
    if (index > 0) {
      const before = this.#best(index - 1);
      if (before.bid[0] !== ABSENT) bids.set(before.bid[0], ABSENT);
      if (before.ask[0] !== ABSENT) asks.set(before.ask[0], ABSENT);
    }
    const best = this.#best(index);
    if (best.bid[0] !== ABSENT) bids.set(...best.bid);
    if (best.ask[0] !== ABSENT) asks.set(...best.ask);
  }

  /** Every eighth repeats the one before, and one in 251 has an empty side. */
  #best(index: number): { readonly bid: [string, string]; readonly ask: [string, string] } {
    const from = index - (index % 8 === 5 ? 1 : 0);
    const bits = mix(this.#bestKey, from);
    const middle = this.#middle + wander(Math.floor(from / 8));
    const emptySide = from % 251 === 250 ? bits % 2 : undefined;
    return {
      bid: emptySide === 0 ? [ABSENT, ABSENT] : [this.#price(middle - 1 - (bits % 3)), this.#size(bits >>> 4)],
      ask: emptySide === 1 ? [ABSENT, ABSENT] : [this.#price(middle + 1 + ((bits >>> 2) % 3)), this.#size(bits >>> 10)],
    };
  }

  #price(ticks: number): string {
    return decimal8(ticks * this.#tick);
  }

  #size(bits: number): string {
    return decimal8((1 + (bits % 1_000_000)) * this.#lot);
  }

  #isInexact(n: number): boolean {
    return this.#inexactOneIn > 0 && n % this.#inexactOneIn === this.#inexactOneIn - 1;
  }
}

export const ABSENT = "0.00000000";
const LEVELS = 20; // a side
const LEVELS_FROM = 60; // ticks from the middle; best prices and their wandering stay within 44
/** Of five updates, two move the best prices; three visit 2 × 20 levels in turn: 40 visits lie within 67 updates, and a best price among them. */
const UPDATES_IN_BOOK = 68;
const BEST_IN_FIVE = [0, 0, 1, 1, 2];
const LEVEL_IN_FIVE = [0, 1, 1, 2, 2];

export function movesBest(n: number): boolean {
  return n % 5 === 1 || n % 5 === 3;
}

function bestIndex(n: number): number {
  return 2 * Math.floor(n / 5) + BEST_IN_FIVE[n % 5]!;
}

function levelIndex(n: number): number {
  return 3 * Math.floor(n / 5) + LEVEL_IN_FIVE[n % 5]!;
}

/** A walk of −40 … +40 ticks and back. */
function wander(step: number): number {
  const at = step % 160;
  return at < 80 ? at - 40 : 120 - at;
}

function sorted(side: ReadonlyMap<string, string>, direction: 1 | -1): PriceSize[] {
  return [...side].sort(([a], [b]) => direction * (Number(a) - Number(b)));
}

function isPresent([, size]: PriceSize): boolean {
  return size !== ABSENT;
}

/** An integer of 10^-8 as the venue writes it. */
export function decimal8(value: number): string {
  const whole = Math.floor(value / 1e8);
  const fraction = String(1e8 + value - whole * 1e8); // nine digits, the first of them to be left out: 32-bit numbers become text fastest
  return `${whole}.${fraction.slice(1)}`;
}
