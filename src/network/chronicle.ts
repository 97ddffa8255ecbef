/** socket ▸ worker ▸ codec ▸ router ▸ path.  Beside them: what the recorder says itself, as rows on paths of their own. */
import type { Agora } from "../agora/agora.ts";
import type { Publisher } from "../agora/publisher.ts";
import type { EventBase, EventType } from "../events/event_type.ts";
import { gap, type GapEvent } from "../events/gap.ts";
import { instrument, type InstrumentChange, type InstrumentEvent } from "../events/instrument.ts";
import { session, type SessionEvent, type SessionMoment } from "../events/session.ts";
import type { Instrument } from "../exchanges/source.ts";
import { partsOf } from "../lib/stream_path.ts";
import { nextMidnight, US_PER_MS } from "../lib/time.ts";
import type { Cancel, Runtime } from "../runtime/runtime.ts";
import { decodeSymbol, encodeSymbol } from "../lib/symbol_name.ts";

/** Rows that belong to no symbol. */
const ALL = "_all";
const CLOCK_LOOK_MS = 1_000;
const CLOCK_STEP_MS = 250; // a disciplined clock slews; more than this in a second was set

/**
 * Loss is data: what a source missed, how its sockets fared and what it lists are published like everything else, on `{source}/gap/…`,
 * `{source}/session/_all` and `{source}/instrument/…`, and so are stored, asked for and watched like everything else.
 */
export class Chronicle implements Disposable {
  readonly #runtime: Pick<Runtime, "clock" | "timers">;
  readonly #agora: Agora;
  readonly #source: string;
  readonly #publishers = new Map<string, Publisher<EventBase>>();
  readonly #known = new Map<string, string>();
  readonly #clockLook: Cancel;
  #clockOffsetMs: number;
  readonly #clockSet: () => void;

  /** `clockSet`: the wall clock was set. */
  constructor(runtime: Pick<Runtime, "clock" | "timers">, agora: Agora, source: string, clockSet: () => void) {
    this.#clockSet = clockSet;
    this.#runtime = runtime;
    this.#agora = agora;
    this.#source = source;
    this.#clockOffsetMs = this.#offsetMs();
    this.#clockLook = runtime.timers.every(CLOCK_LOOK_MS, () => this.#lookAtClock());
  }

  session(event: SessionMoment, about: { readonly worker?: string; readonly detail?: string; readonly code?: number } = {}): void {
    this.#publish<SessionEvent>(session, ALL, { ...this.#base(ALL), event, worker: about.worker, detail: about.detail, code: about.code });
  }

  gap(symbol: string, hole: Omit<GapEvent, keyof EventBase>): void {
    this.#publish<GapEvent>(gap, symbol, { ...this.#base(symbol), ...hole });
  }

  /** Rows of that day, from its beginning to now, are in a file nobody can trust. */
  damaged({ path, date }: { readonly path: string; readonly date: string }): void {
    const { type: dataType, symbol } = partsOf(path);
    const fromTime = Date.parse(date) * US_PER_MS;
    const toTime = Math.min(this.#runtime.clock.wallTime(), nextMidnight(fromTime));
    const unknown = { afterId: undefined, beforeId: undefined, missing: undefined, healedRows: 0 };
    const name = decodeSymbol(symbol);
    this.gap(name, { dataType, ...unknown, fromTime, toTime, reason: "damaged", outcome: "unhealable" });
  }

  /** Compares with what was known: rows for what came, changed or went. The first universe is `seen`. */
  universe(instruments: readonly Instrument[]): void {
    const isFirst = this.#known.size === 0;
    const gone = new Set(this.#known.keys());
    for (const each of instruments) {
      const description = JSON.stringify(each);
      const known = this.#known.get(each.symbol);
      gone.delete(each.symbol);
      if (known === description) continue;
      this.#known.set(each.symbol, description);
      this.#instrument(each, isFirst ? "seen" : known === undefined ? "listed" : "changed");
    }
    for (const symbol of gone) {
      this.#instrument(JSON.parse(this.#known.get(symbol)!) as Instrument, "delisted");
      this.#known.delete(symbol);
    }
  }

  /** Ends its paths; what was published is with whoever subscribed. */
  [Symbol.dispose](): void {
    this.#clockLook();
    for (const publisher of this.#publishers.values()) publisher.close();
    this.#publishers.clear();
  }

  #instrument({ symbol, base, quote, kind, status, tickSize, lotSize }: Instrument, change: InstrumentChange): void {
    this.#publish<InstrumentEvent>(instrument, symbol, {
      ...this.#base(symbol),
      base,
      quote,
      kind,
      status,
      tickSize,
      lotSize,
      contractSize: undefined,
      expiry: undefined,
      change,
    });
  }

  #base(symbol: string): EventBase {
    return { recvTime: this.#runtime.clock.wallTime(), eventTime: undefined, source: this.#source, symbol, origin: "live" };
  }

  #publish<T extends EventBase>(type: EventType<T>, symbol: string, event: T): void {
    const path = `${this.#source}/${type.name}/${symbol === ALL ? ALL : encodeSymbol(symbol)}`;
    let publisher = this.#publishers.get(path);
    if (publisher === undefined) {
      publisher = this.#agora.open<T>(path, type) as unknown as Publisher<EventBase>;
      this.#publishers.set(path, publisher);
    }
    publisher.publish([event]);
  }

  #lookAtClock(): void {
    const offsetMs = this.#offsetMs();
    const stepMs = offsetMs - this.#clockOffsetMs;
    this.#clockOffsetMs = offsetMs;
    if (Math.abs(stepMs) >= CLOCK_STEP_MS) {
      this.session("clock_step", { detail: `the wall clock was set by ${stepMs > 0 ? "+" : ""}${(stepMs / 1_000).toFixed(3)} s` });
      this.#clockSet();
    }
  }

  #offsetMs(): number {
    return this.#runtime.clock.wallTime() / US_PER_MS - this.#runtime.clock.monotonicMs();
  }
}
