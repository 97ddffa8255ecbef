import { Agora } from "../../src/agora/agora.ts";
import type { EventBase } from "../../src/events/event_type.ts";
import type { Listing } from "../../src/exchanges/dialect.ts";
import type { GapEvent } from "../../src/events/gap.ts";
import { sourceOf } from "../../src/exchanges/registry.ts";
import type { Source } from "../../src/exchanges/source.ts";
import { Dispatcher, type DispatcherOptions } from "../../src/network/dispatcher.ts";
import { encodeSymbol } from "../../src/lib/symbol_name.ts";
import type { KeepFrame } from "../../src/network/worker.ts";
import { loadRuntime } from "../../src/runtime/load.ts";
import type { Runtime } from "../../src/runtime/runtime.ts";
import { dialectOf } from "../../src/sim/venue/dialects.ts";
import type { LedgerLine, MarketLine, StepLine } from "../../src/sim/venue/ledger.ts";
import { LedgerBook } from "../../src/sim/venue/ledger_book.ts";
import { SyntheticMarket } from "../../src/sim/venue/synthetic_market.ts";
import { Venue, type VenueOptions } from "../../src/sim/venue/venue.ts";
import type { Site } from "../../src/sim/world/network.ts";
import { World } from "../../src/sim/world/world.ts";
import { Happenings } from "../../src/telemetry/happenings.ts";
import { type LogLine, Telemetry } from "../../src/telemetry/telemetry.ts";
import { PathLog, type Published } from "./path_log.ts";

export const real = await loadRuntime(import.meta.url);
export const VENUE = "venue.sim";

export interface SceneOptions extends
  Partial<
    Pick<
      DispatcherOptions,
      | "universeIntervalMs"
      | "workerMaxAgeMs"
      | "bookAnchorIntervalMs"
      | "bookAnchorChanges"
      | "redundancy"
      | "staleAfterMs"
      | "streamsPerWorkerMax"
    >
  > {
  readonly seed: number;
  readonly listings: readonly Listing[];
  /** Events a second of the whole market. */
  readonly rate: number;
  /** µs since the epoch. */
  readonly startTime?: number;
  readonly venue?: VenueOptions;
  /** Further hosts of the venue's streams. */
  readonly mirrors?: readonly string[];
  /** The venue as the network shows it: what a test puts between its answers and the recorder. */
  readonly through?: (venue: Venue) => Site;
  /** Sockets that may be opened in the venue's window; its own limit where absent. */
  readonly connectsMax?: number;
  /** Takes frames that cannot be read. Where absent, one fails the test. */
  readonly keepFrame?: KeepFrame;
  /** As the recorder knows the venue. */
  readonly source?: Source;
}

/** A venue, and everything of the recorder up to agora's persistent paths, in one world. */
export class Scene {
  readonly world: World;
  readonly venue: Venue;
  readonly market: SyntheticMarket;
  readonly ledger = new FullLedger();
  readonly recorder: Runtime;
  readonly agora: Agora;
  readonly telemetry: Telemetry;
  readonly dispatcher: Dispatcher;
  readonly published: PathLog;
  readonly #lasts = new Map<string, EventBase>();
  /** Warnings and errors. */
  readonly complaints: LogLine[] = [];

  constructor(options: SceneOptions) {
    const {
      seed,
      listings,
      rate,
      venue = {},
      universeIntervalMs = 3_600_000,
      workerMaxAgeMs = 3_600_000,
      bookAnchorIntervalMs = 3_600_000,
      bookAnchorChanges = 300_000,
      redundancy = 1,
      staleAfterMs,
      streamsPerWorkerMax,
      mirrors = [],
      through = (site) => site,
      connectsMax,
      keepFrame = refuseFrame,
      source = sourceOf("binance")!,
    } = options;
    const limits = connectsMax === undefined ? {} : { connectsMax };
    this.world = new World(real, { seed, ...(options.startTime === undefined ? {} : { startTime: options.startTime }) });
    const exchange = this.world.runtime("exchange");
    const dialect = dialectOf("binance");
    this.market = new SyntheticMarket(exchange, dialect, { seed, rate, listings });
    this.venue = new Venue(exchange, dialect, this.market, {
      ledger: this.ledger,
      ...venue,
      limits: { ...venue.limits, ...limits },
    });
    const site = through(this.venue);
    for (const host of [VENUE, ...mirrors]) this.world.network.serve(host, site);
    this.recorder = this.world.runtime("recorder");
    this.agora = new Agora(this.recorder.timers);
    this.telemetry = new Telemetry(this.recorder.clock, (line) => {
      if (line.level === "error" || line.level === "warn") this.complaints.push(line);
    });
    this.published = new PathLog(this.agora.subscribe("**", { lag: "lossless", eventsMax: 100_000 }));
    const limited = { ...source, limits: { ...source.limits, ...limits } };
    this.dispatcher = new Dispatcher(this.recorder, this.agora, limited, new Happenings(this.telemetry), {
      symbols: ["*"],
      exclude: [],
      types: ["bbo", "trade", "depth"],
      universeIntervalMs,
      workerMaxAgeMs,
      bookAnchorIntervalMs,
      bookAnchorChanges,
      redundancy,
      wsUrls: [VENUE, ...mirrors].map((host) => `ws://${host}`),
      restUrls: [`http://${VENUE}`],
      keepFrame,
      ...(staleAfterMs === undefined ? {} : { staleAfterMs }),
      ...(streamsPerWorkerMax === undefined ? {} : { streamsPerWorkerMax }),
    });
    void this.dispatcher.run();
  }

  /** The venue falls silent, everything under way arrives, and what is held back goes out. */
  async settle(): Promise<void> {
    this.venue.quiesce();
    await this.world.runUntil(this.venue.delivered(), 120_000);
    await this.world.advance(10_000);
    for (const path of this.agora.paths("**")) this.#lasts.set(path, this.agora.last(path)!);
    this.dispatcher[Symbol.dispose]();
    await this.world.runUntil(this.published.end(), 1_000);
    this.venue.stop();
  }

  /** Replacements of workers that went through, for any reason. */
  get rotations(): number {
    return this.telemetry.total("argus_rotations_total");
  }

  /** Holes between two events it told of, by path. */
  gaps(): Map<string, { readonly afterId: number; readonly beforeId: number }[]> {
    const rows = this.published.own<GapEvent>("gap").filter(({ afterId }) => afterId !== undefined);
    const told = rows.map(({ dataType, symbol, afterId, beforeId }) => ({
      path: `binance/${dataType}/${encodeSymbol(symbol)}`,
      afterId: afterId!,
      beforeId: beforeId!,
    }));
    return Map.groupBy(told, ({ path }) => path);
  }

  /** The path's current value when the recorder was told to stop. */
  lastOf(path: string): EventBase | undefined {
    return this.#lasts.get(path);
  }

  events(path: string): readonly Published[] {
    return this.published.of(path);
  }
}

const refuseFrame: KeepFrame = ({ reason, text }) => {
  throw new Error(`a frame went to quarantine (${reason}): ${text}`);
};

/** Keeps also what happened to connections and what the venue refused. */
export class FullLedger extends LedgerBook {
  readonly steps: StepLine[] = [];
  readonly notes: MarketLine[] = [];

  override write(line: LedgerLine): void {
    super.write(line);
    if ("step" in line) this.steps.push(line);
    else if ("market" in line) this.notes.push(line);
  }

  /** Every refusal, and every connection the venue closed, in words: a well-behaved client causes none. */
  offences(): string[] {
    return [
      ...this.notes.filter(({ market }) => market === "refused").map(({ at, detail }) => `refused at ${at}: ${detail}`),
      ...this.steps.filter(({ step, by, detail }) => step === "closed" && by === "venue" && detail !== undefined)
        .map(({ at, conn, detail }) => `connection ${conn} closed at ${at}: ${detail}`),
    ];
  }
}
