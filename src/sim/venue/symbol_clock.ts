import { mix } from "./mix.ts";

/** In eight ticks a symbol does three trades and five book updates, always in this order. */
const PATTERN = ["trade", "update", "update", "trade", "update", "update", "trade", "update"] as const;
const TRADE_TICKS = [0, 3, 6];
const UPDATE_TICKS = [1, 2, 4, 5, 7];
const JITTER = 0.9; // of a period: ticks are uneven and never change places

export interface Tick {
  readonly kind: "trade" | "update";
  /** How many of its kind came before. */
  readonly n: number;
  readonly time: number;
}

/**
 * When a symbol does what: tick k at start + k periods, unevenly, in µs. A symbol that was always there began at a moment all venues agree
 * on; halting ends an era and trading on begins the next, so that a time stays a function of the number whatever happened in between.
 */
export class SymbolClock {
  readonly #key: number;
  readonly #periodUs: number;
  readonly #eras: { readonly fromTick: number; readonly startTime: number }[] = [];
  #next = 0;

  constructor(key: number, ticksPerSecond: number) {
    this.#key = key;
    this.#periodUs = 1e6 / ticksPerSecond;
  }

  /** Ticks have been going on since an origin, and are told from `time` on. */
  follow(origin: number, time: number): void {
    this.#eras.push({ fromTick: 0, startTime: origin });
    this.#next = Math.max(0, Math.floor((time - origin) / this.#periodUs));
    while (this.#timeOf(this.#next) <= time) this.#next++;
  }

  /** Ticks begin, or go on, at that time. */
  begin(time: number): void {
    this.#eras.push({ fromTick: this.#next, startTime: time });
  }

  nextTime(): number {
    return this.#timeOf(this.#next);
  }

  take(): Tick {
    const k = this.#next++;
    const kind = PATTERN[k % 8]!;
    const places = kind === "trade" ? TRADE_TICKS : UPDATE_TICKS;
    return { kind, n: places.length * Math.floor(k / 8) + places.indexOf(k % 8), time: this.#timeOf(k) };
  }

  /** How many trades and updates there were so far. */
  tradeCount(): number {
    return countBefore(TRADE_TICKS, this.#next);
  }

  updateCount(): number {
    return countBefore(UPDATE_TICKS, this.#next);
  }

  /** The same, as it was at a time. */
  countsAt(time: number): { readonly trades: number; readonly updates: number } {
    let [low, high] = [0, this.#next];
    while (low < high) {
      const middle = Math.floor((low + high) / 2); // beyond 32 bits
      if (this.#timeOf(middle) <= time) low = middle + 1;
      else high = middle;
    }
    return { trades: countBefore(TRADE_TICKS, low), updates: countBefore(UPDATE_TICKS, low) };
  }

  tradeTime(n: number): number {
    return this.#timeOf(8 * Math.floor(n / 3) + TRADE_TICKS[n % 3]!);
  }

  /** Ticks never change places, so it rises with k. */
  #timeOf(k: number): number {
    let at = this.#eras.length - 1;
    while (at > 0 && this.#eras[at]!.fromTick > k) at--;
    const { fromTick, startTime } = this.#eras[at]!;
    return Math.floor(startTime + (k - fromTick + JITTER * mix(this.#key, k) / 2 ** 32) * this.#periodUs);
  }
}

function countBefore(ticks: readonly number[], k: number): number {
  return ticks.length * Math.floor(k / 8) + ticks.filter((tick) => tick < k % 8).length;
}

/** Trades, best prices and windows of `windowMs` that a subscriber of everything gets in a second from one symbol. */
export function eventsPerSecond(ticksPerSecond: number, windowMs: number): number {
  const windows = 1_000 / windowMs;
  return ticksPerSecond * (3 / 8 + 2 / 8) + windows * (1 - Math.exp(-ticksPerSecond * (5 / 8) / windows));
}

/** The other way round. */
export function ticksFor(events: number, windowMs: number): number {
  let [low, high] = [0, events / (5 / 8)];
  for (let i = 0; i < 50; i++) {
    const middle = (low + high) / 2;
    if (eventsPerSecond(middle, windowMs) < events) low = middle;
    else high = middle;
  }
  return high;
}
