import type { Dialect, Listing, MarketBook, MarketEvent, MarketTrade, Topic } from "../../exchanges/dialect.ts";
import { US_PER_MS, US_PER_S } from "../../lib/time.ts";
import type { Cancel, Runtime } from "../../runtime/runtime.ts";
import { DueQueue } from "./due_queue.ts";
import { type Audience, type Feed, LANES } from "./feed.ts";
import { keyOf } from "./mix.ts";
import { SymbolClock, ticksFor } from "./symbol_clock.ts";
import { movesBest, SymbolValues } from "./symbol_values.ts";

const TICK_MS = 2; // events of two milliseconds go out together: a wake-up costs more than an event
/** Asked for more than the machine can send, a venue is late; it must not be deaf as well. */
const RUN_MS_MAX = 20;
const STEPS_PER_LOOK = 256;
const ORIGIN_TIME = 1_767_225_600 * US_PER_S; // 2026-01-01

export interface SyntheticOptions {
  readonly seed: number;
  /** In order of their popularity: the first gets the most events. */
  readonly listings: readonly Listing[];
  /** Events a second over all symbols and types that a subscriber of everything gets. */
  readonly rate: number;
  /** One trade in so many has a size that no DOUBLE gives back. 0 = none. */
  readonly inexactOneIn?: number;
  /** REST answers as of so long ago. 0 = now. */
  readonly restLagMs?: number;
}

/** Stream and topic of what a symbol says. */
interface Voice {
  readonly topic: Topic;
  readonly stream: string;
}

interface Traded {
  listing: Listing;
  readonly voices: Readonly<Record<Topic["type"], Voice>>;
  readonly values: SymbolValues;
  readonly clock: SymbolClock;
  /** Rises when trading stops, so that a tick that was due then is not done. */
  generation: number;
}

/**
 * A made-up market for each symbol, in the runtime's time. What a symbol says, and when, is a function of seed, rate and number since an
 * origin that never changes: venues of one seed and rate say the same at the same moment, one started again goes on where it would be, and
 * REST knows what was before. A symbol that is listed later begins then, from its first number.
 */
export class SyntheticMarket implements Feed {
  readonly #runtime: Runtime;
  readonly #dialect: Dialect;
  readonly #options: SyntheticOptions;
  readonly #windowUs: number;
  readonly #traded = new Map<string, Traded>();
  readonly #listed = new Set<string>();
  readonly #due = new DueQueue<{ readonly traded: Traded; readonly generation: number }>();
  /** For each lane, the watched symbols and the first update that is not yet in a window. */
  readonly #cuts: Map<string, number>[] = Array.from({ length: LANES }, () => new Map());
  readonly #startTime: number;
  readonly #startMs: number;
  #nextCutTime = Infinity;
  #audience: Audience | undefined;
  #cancel: Cancel = () => {};

  constructor(runtime: Runtime, dialect: Dialect, options: SyntheticOptions) {
    this.#runtime = runtime;
    this.#dialect = dialect;
    this.#options = options;
    this.#windowUs = dialect.limits.depthWindowMs * US_PER_MS;
    this.#startTime = runtime.clock.wallTime();
    this.#startMs = runtime.clock.monotonicMs();
    const weights = options.listings.map((_, rank) => 1 / (rank + 2));
    const sum = weights.reduce((total, weight) => total + weight, 0);
    options.listings.forEach((listing, rank) => this.#add(listing, options.rate * weights[rank]! / sum));
  }

  /** µs that never step: the wall clock at the start, moved by the monotonic one. */
  time(): number {
    return this.#startTime + Math.floor((this.#runtime.clock.monotonicMs() - this.#startMs) * US_PER_MS);
  }

  start(audience: Audience): void {
    this.#audience = audience;
    const time = this.time();
    for (const known of this.#traded.values()) {
      known.clock.follow(Math.min(ORIGIN_TIME, time), time);
      this.#wake(known);
    }
    this.#sleep();
  }

  /** Lists a symbol, or one that was delisted or halted trades on. */
  list(symbol: string): void {
    const known = this.#traded.get(symbol) ??
      this.#add(listingOf(this.#options.seed, symbol), this.#options.rate / (this.#traded.size + 1));
    this.#listed.add(symbol);
    known.listing = { ...known.listing, status: "TRADING" };
    this.#end(known);
    this.#begin(known);
    this.#sleep();
  }

  delist(symbol: string): void {
    const known = this.#traded.get(symbol);
    if (known !== undefined && this.#listed.delete(symbol)) this.#end(known);
  }

  /** Stays listed, with that status, and silent. */
  halt(symbol: string, status = "HALT"): void {
    const known = this.#traded.get(symbol);
    if (known === undefined) return;
    known.listing = { ...known.listing, status };
    this.#end(known);
  }

  watched(stream: string, lane: number): void {
    const topic = this.#dialect.topicOf(stream);
    if (topic?.type !== "depth") return;
    this.#cuts[lane]!.set(topic.symbol, this.#traded.get(topic.symbol)?.clock.updateCount() ?? 0);
    if (this.#nextCutTime !== Infinity) return;
    const stepUs = this.#windowUs / LANES;
    this.#nextCutTime = (Math.floor(this.time() / stepUs) + 1) * stepUs;
    this.#sleep();
  }

  unwatched(stream: string, lane: number): void {
    const topic = this.#dialect.topicOf(stream);
    if (topic?.type !== "depth") return;
    this.#cuts[lane]!.delete(topic.symbol);
    if (this.#cuts.every((cuts) => cuts.size === 0)) this.#nextCutTime = Infinity;
  }

  /** How far what is sent lies behind the time it is due: more than a moment where the rate is too high for the machine. */
  lateMs(): number {
    return Math.max(0, (this.time() - Math.min(this.#due.nextTime(), this.#nextCutTime)) / US_PER_MS);
  }

  quiesce(): void {
    this.#run(Infinity);
    this.#cancel();
    const time = this.time();
    for (let lane = 0; lane < LANES; lane++) this.#cut(lane, time);
    this.#audience = undefined;
  }

  stop(): void {
    this.#cancel();
    this.#audience = undefined;
  }

  listings(): readonly Listing[] {
    return [...this.#listed].map((symbol) => this.#traded.get(symbol)!.listing);
  }

  book(symbol: string): MarketBook | undefined {
    const known = this.#traded.get(symbol);
    return known?.values.book(this.#told(known).updates - 1);
  }

  trades(symbol: string, fromId: number | undefined, limit: number): readonly MarketTrade[] {
    const known = this.#traded.get(symbol);
    if (known === undefined) return [];
    const count = this.#told(known).trades;
    const first = Math.max(0, fromId === undefined ? count - limit : fromId - known.values.firstTradeId);
    const length = Math.max(0, Math.min(limit, count - first));
    return Array.from({ length }, (_, i) => trade(known, first + i, known.clock.tradeTime(first + i)));
  }

  #add(listing: Listing, rate: number): Traded {
    const { seed, inexactOneIn = 0 } = this.#options;
    const values = new SymbolValues(seed, listing.symbol, { inexactOneIn });
    const clock = new SymbolClock(
      keyOf(seed, listing.symbol, "clock"),
      ticksFor(Math.max(rate, 1e-3), this.#dialect.limits.depthWindowMs),
    );
    const { tickSize, lotSize } = values;
    const voice = (type: Topic["type"]): Voice => {
      const topic = { type, symbol: listing.symbol };
      return { topic, stream: this.#dialect.streamOf(topic) };
    };
    const voices = { trade: voice("trade"), bbo: voice("bbo"), depth: voice("depth") };
    const known: Traded = { listing: { ...listing, tickSize, lotSize }, voices, values, clock, generation: 0 };
    this.#traded.set(listing.symbol, known);
    this.#listed.add(listing.symbol);
    return known;
  }

  #begin(known: Traded): void {
    if (this.#audience === undefined) return;
    known.clock.begin(this.time());
    this.#wake(known);
  }

  #wake(known: Traded): void {
    if (known.listing.status === "TRADING") this.#due.put(known.clock.nextTime(), { traded: known, generation: known.generation });
  }

  /** How much REST knows of. */
  #told({ clock }: Traded): { readonly trades: number; readonly updates: number } {
    const { restLagMs = 0 } = this.#options;
    if (restLagMs === 0) return { trades: clock.tradeCount(), updates: clock.updateCount() };
    return clock.countsAt(this.time() - restLagMs * US_PER_MS);
  }

  #end(known: Traded): void {
    known.generation++;
  }

  #sleep(): void {
    this.#cancel();
    if (this.#audience === undefined) return;
    const dueMs = (Math.min(this.#due.nextTime(), this.#nextCutTime) - this.time()) / US_PER_MS;
    if (dueMs !== Infinity) {
      this.#cancel = this.#runtime.timers.after(Math.max(dueMs < -RUN_MS_MAX ? 0 : TICK_MS, dueMs), () => this.#run(RUN_MS_MAX));
    }
  }

  /** Everything that is due, in the order of its time, however late we wake; what takes longer than a run may goes on after others had their turn. */
  #run(runMsMax: number): void {
    const now = this.time();
    const untilMs = this.#runtime.clock.monotonicMs() + runMsMax;
    for (let step = 1;; step++) {
      const dueTime = this.#due.nextTime();
      if (Math.min(dueTime, this.#nextCutTime) > now) break;
      if (step % STEPS_PER_LOOK === 0 && this.#runtime.clock.monotonicMs() > untilMs) break;
      if (dueTime <= this.#nextCutTime) this.#tick();
      else {
        const stepUs = this.#windowUs / LANES;
        this.#cut(Math.round(this.#nextCutTime / stepUs) % LANES, this.#nextCutTime);
        this.#nextCutTime += stepUs;
      }
    }
    this.#sleep();
  }

  #tick(): void {
    const { traded, generation } = this.#due.take()!;
    if (generation !== traded.generation) return;
    const tick = traded.clock.take();
    this.#due.put(traded.clock.nextTime(), { traded, generation });
    if (tick.kind === "trade") this.#say(traded.voices.trade, () => trade(traded, tick.n, tick.time));
    else if (movesBest(tick.n)) this.#say(traded.voices.bbo, () => traded.values.bbo(tick.n));
  }

  #cut(lane: number, time: number): void {
    for (const [symbol, from] of this.#cuts[lane]!) {
      const traded = this.#traded.get(symbol);
      const count = traded?.clock.updateCount() ?? 0;
      if (traded === undefined || count <= from) continue;
      this.#cuts[lane]!.set(symbol, count);
      const { firstUpdateId } = traded.values;
      this.#say(traded.voices.depth, () => ({
        type: "depth",
        symbol,
        firstUpdateId: firstUpdateId + from,
        lastUpdateId: firstUpdateId + count - 1,
        ...traded.values.changes(from, count - 1),
        time,
      }), lane);
    }
  }

  #say({ topic, stream }: Voice, make: () => MarketEvent, lane?: number): void {
    if (this.#audience?.isWatched(stream, lane) !== true) return;
    const event = make();
    this.#audience.publish({ stream, topic, payload: (unit) => this.#dialect.render(event, unit) }, lane);
  }
}

function trade({ values }: Traded, n: number, time: number): MarketTrade {
  return { ...values.trade(n), time, sentTime: time + values.tradeDelayUs(n) };
}

const QUOTES = ["USDT", "USDC", "BTC", "ETH", "EUR"];

/** How a symbol nobody described is listed. */
export function listingOf(seed: number, symbol: string, status = "TRADING"): Listing {
  const quote = QUOTES.find((each) => symbol.endsWith(each) && symbol.length > each.length) ?? QUOTES[0]!;
  const base = symbol.endsWith(quote) ? symbol.slice(0, -quote.length) : symbol;
  const { tickSize, lotSize } = new SymbolValues(seed, symbol);
  return { symbol, base, quote, status, tickSize, lotSize };
}
