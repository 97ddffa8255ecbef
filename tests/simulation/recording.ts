import * as fs from "node:fs";
import * as path from "node:path";
import { record, type RecordSummary } from "../../src/app/record.ts";
import { type Config, defaultConfig, type SourceConfig } from "../../src/app/config.ts";
import { serveHistory } from "../../src/processing/pts/history_thread.ts";
import { serveJournal } from "../../src/processing/journal/journal_thread.ts";
import { serveStorage } from "../../src/processing/storage/storage_thread.ts";
import { dialectOf } from "../../src/sim/venue/dialects.ts";
import type { Committed } from "../../src/processing/journal/committed.ts";
import type { Feed } from "../../src/sim/venue/feed.ts";
import { marketListings } from "../../src/sim/venue/market_names.ts";
import { SyntheticMarket } from "../../src/sim/venue/synthetic_market.ts";
import { Venue, type VenueOptions } from "../../src/sim/venue/venue.ts";
import type { Site } from "../../src/sim/world/network.ts";
import type { VirtualHost } from "../../src/sim/world/virtual_host.ts";
import type { VirtualProcess } from "../../src/sim/world/virtual_process.ts";
import type { Runtime } from "../../src/runtime/runtime.ts";
import { World } from "../../src/sim/world/world.ts";
import { type LogLine, Telemetry } from "../../src/telemetry/telemetry.ts";
import { compareDayFiles, type OracleResult } from "../support/day_file_oracle.ts";
import { checkInvariants, describeViolations, type InvariantOptions } from "../support/invariants.ts";
import { real, VENUE } from "./scene.ts";
import { type Life, SurvivalLedger } from "./survival.ts";

const DATA = "/data";

export interface RecordingOptions {
  readonly seed: number;
  readonly symbols: number;
  readonly rate: number;
  readonly startTime?: number;
  readonly flushIntervalMs: number;
  readonly workerMaxAgeMs?: number;
  readonly redundancy?: number;
  /** Plays instead of a made-up market. */
  readonly feed?: Feed;
  readonly venue?: VenueOptions;
  /** The venue as the network shows it. */
  readonly through?: (venue: Venue) => Site;
  /** Where the gateway listens, on the host's virtual loopback; "off" where it is not said. */
  readonly listen?: string;
}

/** One process of the recorder. */
export interface Recorder {
  readonly process: VirtualProcess;
  readonly stop: AbortController;
  readonly life: Life;
  readonly end: Promise<RecordSummary>;
}

interface Start {
  readonly isTakeover?: boolean;
  readonly how?: Partial<Pick<SourceConfig, "types">>;
}

/** The whole recorder, `app/record.ts` and down, against a venue in one world, day files on the virtual disk. */
export class Recording {
  readonly world: World;
  readonly venue: Venue;
  readonly ledger = new SurvivalLedger(() => this.world.nowMs);
  readonly host: VirtualHost;
  readonly log: LogLine[] = [];
  readonly #options: RecordingOptions;
  readonly #recorders: Recorder[] = [];

  constructor(options: RecordingOptions) {
    const { seed, symbols, rate, startTime, feed, venue = {}, through = (site) => site } = options;
    this.#options = options;
    this.world = new World(real, {
      seed,
      entries: { storage: serveStorage, journal: serveJournal, history: serveHistory },
      ...(startTime === undefined ? {} : { startTime }),
    });
    const exchange = this.world.runtime("exchange");
    const dialect = dialectOf("binance");
    const market = new SyntheticMarket(exchange, dialect, { seed, rate, listings: marketListings(seed, symbols) });
    this.venue = new Venue(exchange, dialect, feed ?? market, { ledger: this.ledger, ...venue });
    this.world.network.serve(VENUE, through(this.venue));
    this.host = this.world.host("recorder");
  }

  /** A recorder process on the host; a new one after the last was stopped or killed. */
  start(): void {
    this.#start(this.world.runtime("recorder"), {});
  }

  /** Another one beside it, which asks it to leave. */
  takeOver(how: Partial<Pick<SourceConfig, "types">> = {}): { readonly before: Recorder; readonly after: Recorder } {
    const before = this.#running;
    return { before, after: this.#start(this.host.besides(), { isTakeover: true, how }) };
  }

  #start(runtime: Runtime, { isTakeover = false, how = {} }: Start): Recorder {
    const telemetry = new Telemetry(runtime.clock, (line) => this.log.push(line));
    const stop = new AbortController();
    const life: Life = {
      fromTime: this.host.clock.wallTime(),
      toTime: Infinity,
      toMs: Infinity,
      committed: undefined,
    };
    this.ledger.lives.push(life);
    const options = {
      version: "test",
      signal: stop.signal,
      isTakeover,
      committed: (committed: Committed) => void (life.committed = committed),
    };
    const { process } = this.host;
    const end = record(runtime, this.#config(how), options, telemetry, () => {});
    const exits = () => isTakeover || this.#recorders.length > 1 ? process.life.end("exit") : undefined;
    end.then(exits, exits); // a killed one never settles, a failed one is asked for
    const recorder = { process, stop, life, end };
    this.#recorders.push(recorder);
    return recorder;
  }

  /** The one that is not over; the newest, where there are two. */
  get #running(): Recorder {
    return this.#recorders.findLast(({ process }) => !process.life.isOver) ?? this.#recorders.at(-1)!;
  }

  /** Nobody records. */
  get isOver(): boolean {
    return this.#running.process.life.isOver;
  }

  /** One of two is gone, in the middle of whatever it does. */
  kill({ process, life }: Recorder): void {
    life.toTime = this.host.clock.wallTime();
    life.toMs = this.world.nowMs;
    process.life.end("exit");
  }

  /** What comes from now on cannot be kept. */
  stopOwing(): void {
    const life = this.ledger.lives.at(-1)!;
    life.toTime = this.host.clock.wallTime();
    life.toMs = this.world.nowMs;
  }

  /** The recorder is gone in the middle of whatever it does, and the machine with it where the power is cut. */
  die(how: "killed" | "power" | "torn" = "killed"): void {
    this.stopOwing();
    if (how === "killed") this.host.kill();
    else this.host.powerCut({ isTorn: how === "torn" });
  }

  /** One bit of the middle of the journal, as a bad disk flips it. */
  damageJournal(): void {
    const { disk } = this.world.runtime("recorder");
    const [segment] = [...this.host.disk.files().keys()].filter((name) => name.startsWith(`${DATA}/tmp/journal/`));
    const bytes = disk.read(segment!);
    bytes[bytes.length >> 1]! ^= 1;
    disk.remove(segment!);
    const file = disk.open(segment!, "create");
    file.append(bytes);
    file.close();
    this.host.kill();
  }

  /** Everything the venue sent arrives, then the recorder is told to stop. */
  async finish(): Promise<RecordSummary> {
    this.venue.quiesce();
    await this.world.runUntil(this.venue.delivered(), 120_000);
    await this.world.advance(10_000);
    return await this.stop();
  }

  async stop(): Promise<RecordSummary> {
    this.#running.stop.abort();
    return await this.ended();
  }

  /** Resolves with the running recorder's end, whoever brought it about. */
  async ended(limitMs = 120_000): Promise<RecordSummary> {
    return await this.world.runUntil(this.#running.end, limitMs);
  }

  errors(): LogLine[] {
    return this.log.filter(({ level }) => level === "error");
  }

  /** Files below the data path, without it in front. */
  files(): Map<string, Uint8Array> {
    const files = [...this.host.disk.files()].filter(([name]) => name.startsWith(`${DATA}/`));
    return new Map(files.map(([name, bytes]) => [name.slice(DATA.length + 1), bytes]));
  }

  /** Day files, copied to a real folder, against the ledger. Where an invariant is broken, also which row did it. */
  async compare(folder: string, options: InvariantOptions = {}): Promise<OracleResult> {
    this.copyTo(folder);
    const { rows, broken } = await checkInvariants(folder, this.ledger, options);
    const differences = describeViolations(broken);
    if (differences.length > 0) differences.push(...(await compareDayFiles(folder, this.ledger)).differences);
    return { events: this.ledger.eventCount, rows, differences };
  }

  /** What is on the virtual disk, in a real folder. */
  copyTo(folder: string): void {
    fs.rmSync(folder, { recursive: true, force: true });
    fs.mkdirSync(folder, { recursive: true });
    for (const [name, bytes] of this.files()) {
      fs.mkdirSync(path.dirname(`${folder}/${name}`), { recursive: true });
      fs.writeFileSync(`${folder}/${name}`, bytes);
    }
  }

  #config(how: Start["how"]): Config {
    const config = defaultConfig(["binance"]);
    const { flushIntervalMs, workerMaxAgeMs, redundancy, listen = "off" } = this.#options;
    const binance = {
      ...config.sources["binance"]!,
      wsUrls: [`ws://${VENUE}`],
      restUrl: `http://${VENUE}`,
      ...how,
      ...(workerMaxAgeMs === undefined ? {} : { workerMaxAgeMs }),
      ...(redundancy === undefined ? {} : { redundancy }),
    };
    return { ...config, dataPath: DATA, flushIntervalMs, flushRows: 1, gateway: { ...config.gateway, listen }, sources: { binance } };
  }
}
