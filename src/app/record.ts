import { Agora } from "../agora/agora.ts";
import type { EventBase } from "../events/event_type.ts";
import { EVENT_TYPES, OWN_TYPES } from "../events/registry.ts";
import { sourceOf } from "../exchanges/registry.ts";
import { sleep } from "../lib/sleep.ts";
import { Dispatcher } from "../network/dispatcher.ts";
import { StorageError } from "../lib/errors.ts";
import type { Committed } from "../processing/journal/committed.ts";
import { JournalService } from "../processing/journal/journal_service.ts";
import type { Recovery } from "../processing/journal/recovery.ts";
import { lockDataPath } from "../processing/storage/lock.ts";
import { generationTime } from "../processing/storage/generations.ts";
import { newGeneration } from "../processing/storage/paths.ts";
import { StorageHandler } from "../processing/storage/storage_handler.ts";
import { StorageService } from "../processing/storage/storage_service.ts";
import type { Cancel, Runtime } from "../runtime/runtime.ts";
import { Happenings } from "../telemetry/happenings.ts";
import type { Telemetry } from "../telemetry/telemetry.ts";
import { budgetFile } from "./budget_file.ts";
import type { Config } from "./config.ts";
import { Quarantine } from "./quarantine.ts";
import { RecorderGateway } from "./recorder_gateway.ts";

export interface RecordOptions {
  readonly version: string;
  /** Aborting it drains. */
  readonly signal: AbortSignal;
  /** Drains by itself after this long. */
  readonly durationMs?: number;
  /** Told the gateway's address once it listens. */
  readonly listening?: (url: string) => void;
  /** Told at each commit of the journal how many rows of each stream survive whatever happens from then on. */
  readonly committed?: (committed: Committed) => void;
}

export interface RecordSummary {
  /** `deadline`: not everything reached a day file in time; the rest is under tmp/ and merged at the next start. */
  readonly outcome: "drained" | "deadline";
  readonly seconds: number;
  readonly events: Readonly<Record<string, number>>;
  readonly rowsMerged: number;
  /** Holes the venue's numbers prove, and times a stream was without a socket whose numbers prove nothing. Both are `gap` rows. */
  readonly gaps: number;
  readonly gapsPossible: number;
  /** Rows fetched to fill holes. */
  readonly rowsHealed: number;
  readonly duplicates: number;
  readonly quarantined: number;
  /** Frames that are not written as the venue wrote them so far: read all the same, at more CPU. */
  readonly scansDeclined: number;
}

export interface RecordProgress {
  readonly seconds: number;
  readonly symbols: number;
  readonly streams: number;
  readonly sockets: number;
  readonly scansDeclined: number;
  readonly events: number;
  readonly perSecond: number;
}

const DRAIN_MS = 60_000; // thousands of day files at 5 ms a sync; service managers wait 90 s
const PROGRESS_MS = 1_000;

/** Of the journal's segments, each read twice: before the first socket opens. */
export interface RecoveryProgress {
  readonly recovered: string;
}

/** Records the configured sources until told to stop, then drains. Rejects with StorageError when the disk does not take the rows. */
export async function record(
  runtime: Runtime,
  config: Config,
  options: RecordOptions,
  telemetry: Telemetry,
  progress: (progress: RecordProgress | RecoveryProgress) => void,
): Promise<RecordSummary> {
  const lock = lockDataPath(runtime, config.dataPath, `argus ${options.version}`);
  try {
    const recording = new Recording(runtime, config, options, telemetry);
    const listening = (url: string) => {
      lock.liveAt(url);
      options.listening?.(url);
    };
    return await recording.run({ ...options, listening }, progress);
  } finally {
    lock.release();
  }
}

class Recording {
  readonly #runtime: Runtime;
  readonly #config: Config;
  readonly #version: string;
  readonly #agora: Agora;
  readonly #happenings: Happenings;
  readonly #telemetry: Telemetry;
  readonly #quarantine: Quarantine;
  readonly #storage: StorageService;
  readonly #journal: JournalService;
  readonly #writers: readonly Writer[];
  readonly #gateway: RecorderGateway;
  #dispatchers: readonly Dispatcher[] = [];
  #tellProgress: (progress: RecoveryProgress) => void = () => {};
  readonly #startMs: number;

  constructor(runtime: Runtime, config: Config, { version, committed }: RecordOptions, telemetry: Telemetry) {
    const { clock, random, disk } = runtime;
    const { dataPath, flushIntervalMs, flushRows } = config;
    const happenings = new Happenings(telemetry);
    const agora = new Agora(runtime.timers);
    const hash = newGeneration(generationTime(disk, dataPath, clock.wallTime()), random.bytes(4));
    this.#runtime = runtime;
    this.#config = config;
    this.#version = version;
    this.#agora = agora;
    this.#happenings = happenings;
    this.#telemetry = telemetry;
    this.#startMs = clock.monotonicMs();
    this.#quarantine = new Quarantine(disk, dataPath, (error) => happenings.quarantineFailed(String(error)));
    this.#storage = new StorageService(runtime, happenings, {
      dataPath,
      flushIntervalMs,
      hash,
      writer: `argus ${version}`,
      recovers: true,
      recovering: ({ done, of }) => this.#tellProgress({ recovered: `${done} of ${of}` }),
      merged: (path, chunks) => this.#journal.merged({ path, chunks }),
    });
    this.#journal = new JournalService(runtime, happenings, {
      dataPath,
      hash,
      ...config.journal,
      held: () => this.#storage.held(),
      ...(committed === undefined ? {} : { committed }),
    });
    const names = new Set([...OWN_TYPES, ...Object.values(config.sources).flatMap(({ types }) => types)]);
    this.#writers = EVENT_TYPES.filter(({ name }) => names.has(name)).map((type) => {
      const handler = new StorageHandler(runtime, type, this.#storage, { flushIntervalMs, sealRows: flushRows });
      this.#journal.follow(handler);
      handler.follow(agora, `*/${type.name}/*`);
      return { name: type.name, handler };
    });
    const ids = Object.keys(config.sources);
    this.#gateway = new RecorderGateway(runtime, config, {
      version,
      agora,
      telemetry,
      happenings,
      storage: this.#storage,
      hash,
      writers: this.#writers,
      dispatchers: () => this.#dispatchers.map((dispatcher, i) => [ids[i]!, dispatcher]),
    });
  }

  async run(
    { signal, durationMs, listening = () => {} }: RecordOptions,
    progress: (progress: RecordProgress | RecoveryProgress) => void,
  ): Promise<RecordSummary> {
    const { timers } = this.#runtime;
    const over = new AbortController();
    let runs: readonly Promise<void>[] = [];
    let cancelProgress: Cancel = () => {};
    this.#tellProgress = progress;
    try {
      await this.#gateway.listen(listening);
      // What the last recorder left comes first: it says where the holes of its absence begin, and a disk that is full is told before a socket opens.
      const recovery = await Promise.race([this.#storage.recovered, this.#storage.failed, aborted(signal)]);
      if (recovery instanceof StorageError) throw recovery;
      if (recovery !== undefined) this.#dispatch(recovery);
      cancelProgress = this.#everySecond(progress);
      runs = this.#dispatchers.map((dispatcher) => dispatcher.run());
      const failure = await Promise.race([
        aborted(signal),
        ...(durationMs === undefined ? [] : [sleep(timers, durationMs, over.signal)]),
        this.#storage.failed,
      ]);
      const outcome = await this.#drain();
      if (failure !== undefined) throw failure;
      return this.#summary(outcome);
    } finally {
      over.abort();
      cancelProgress();
      for (const dispatcher of this.#dispatchers) dispatcher[Symbol.dispose]();
      this.#close();
      await this.#gateway[Symbol.asyncDispose]();
      await Promise.all(runs);
    }
  }

  #everySecond(progress: (progress: RecordProgress) => void): Cancel {
    let previous = 0;
    return this.#runtime.timers.every(PROGRESS_MS, () => {
      const now = this.#progress();
      progress({ ...now, perSecond: now.events - previous });
      previous = now.events;
    });
  }

  #dispatch(recovery: Recovery): void {
    const runtime = this.#runtime;
    const about = `argus ${this.#version} on ${runtime.name} ${runtime.version}, configuration ${digestOf(runtime, this.#config)}`;
    this.#happenings.recovered(recovery);
    this.#dispatchers = Object.entries(this.#config.sources).map(([id, source]) =>
      new Dispatcher(runtime, this.#agora, sourceOf(id)!, this.#happenings, {
        ...source,
        restUrls: [source.restUrl],
        keepFrame: this.#quarantine.keep,
        budgetStore: budgetFile(runtime.disk, this.#config.dataPath, id, (error) => this.#happenings.budgetNotKept(id, String(error))),
        about,
        before: recovery,
      })
    );
  }

  #close(): void {
    for (const { handler } of this.#writers) handler[Symbol.dispose]();
    this.#journal[Symbol.dispose]();
    this.#storage[Symbol.dispose]();
    this.#quarantine[Symbol.dispose]();
  }

  /** In the order the data walks, so that each stage has everything before the next one ends. */
  async #drain(): Promise<"drained" | "deadline"> {
    for (const dispatcher of this.#dispatchers) dispatcher[Symbol.dispose]();
    for (const { handler } of this.#writers) handler.sealAll();
    const over = new AbortController();
    const late = sleep(this.#runtime.timers, DRAIN_MS, over.signal).then(() => "deadline" as const);
    try {
      return await Promise.race([this.#drainStorage(), late]);
    } finally {
      over.abort();
    }
  }

  /** With everything in day files, the journal has nothing to keep. */
  async #drainStorage(): Promise<"drained"> {
    await this.#storage.drain();
    await this.#journal.remove();
    return "drained";
  }

  #progress(): Omit<RecordProgress, "perSecond"> {
    const status = this.#dispatchers.map((dispatcher) => dispatcher.status);
    const sum = (key: "symbols" | "streams" | "sockets" | "scansDeclined") => status.reduce((total, each) => total + each[key], 0);
    return {
      seconds: this.#seconds(),
      symbols: sum("symbols"),
      streams: sum("streams"),
      sockets: sum("sockets"),
      scansDeclined: sum("scansDeclined"),
      events: this.#market.reduce((total, { handler }) => total + handler.rows, 0),
    };
  }

  #summary(outcome: RecordSummary["outcome"]): RecordSummary {
    return {
      outcome,
      seconds: this.#seconds(),
      events: Object.fromEntries(this.#market.map(({ name, handler }) => [name, handler.rows])),
      rowsMerged: this.#storage.rowsMerged,
      gaps: this.#telemetry.total("argus_gaps_total"),
      gapsPossible: this.#telemetry.total("argus_gaps_possible_total"),
      rowsHealed: this.#telemetry.total("argus_rows_healed_total"),
      duplicates: this.#telemetry.total("argus_duplicates_total"),
      quarantined: this.#quarantine.kept + this.#quarantine.dropped,
      scansDeclined: this.#telemetry.total("argus_scans_declined_total"),
    };
  }

  /** Writers of what the venue sends, without our own rows. */
  get #market(): readonly Writer[] {
    return this.#writers.filter(({ name }) => !OWN_TYPES.includes(name));
  }

  #seconds(): number {
    return Math.round((this.#runtime.clock.monotonicMs() - this.#startMs) / 1_000);
  }
}

/** Names a configuration, so that a change of it is seen in the data. The token is none of it. */
function digestOf({ compression }: Runtime, { gateway: _, ...config }: Config): string {
  return compression.sha256(new TextEncoder().encode(JSON.stringify(config))).slice(0, 12);
}

interface Writer {
  readonly name: string;
  readonly handler: StorageHandler<EventBase>;
}

function aborted(signal: AbortSignal): Promise<undefined> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve(undefined);
    else signal.addEventListener("abort", () => resolve(undefined), { once: true });
  });
}
