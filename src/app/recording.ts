/** socket ▸ worker ▸ codec ▸ router ▸ path ▸ buffer ▸ chunk ▸ day file.  Here they are put together. */
import { Agora } from "../agora/agora.ts";
import type { EventBase } from "../events/event_type.ts";
import { EVENT_TYPES, OWN_TYPES } from "../events/registry.ts";
import { sourceOf } from "../exchanges/registry.ts";
import { sleep } from "../lib/sleep.ts";
import { partsOf } from "../lib/stream_path.ts";
import { Dispatcher, type DispatcherOptions, type SourceState, type Succession } from "../network/dispatcher.ts";
import type { BudgetStore } from "../network/budgets.ts";
import { ConfigError, StorageError } from "../lib/errors.ts";
import { JournalService } from "../processing/journal/journal_service.ts";
import type { Recovery } from "../processing/journal/recovery.ts";
import type { DataPathLock } from "../processing/storage/lock.ts";
import { generationTime } from "../processing/storage/generations.ts";
import { newGeneration } from "../processing/storage/paths.ts";
import { StorageHandler } from "../processing/storage/storage_handler.ts";
import { StorageService } from "../processing/storage/storage_service.ts";
import type { Cancel, Runtime } from "../runtime/runtime.ts";
import { Happenings } from "../telemetry/happenings.ts";
import { TakeoverHappenings } from "../telemetry/takeover_happenings.ts";
import type { Telemetry } from "../telemetry/telemetry.ts";
import { budgetFile } from "./budget_file.ts";
import type { Config } from "./config.ts";
import { Quarantine } from "./quarantine.ts";
import { RecordFacts } from "./record_facts.ts";
import { RecorderGateway } from "./recorder_gateway.ts";
import { type Heir, takeOver, type TakeoverSignals } from "./takeover/beside.ts";
import { TakeoverDoor } from "./takeover/door.ts";
import { handOverText } from "./takeover/hand_over.ts";
import { HeldFrames } from "./takeover/held_frames.ts";
import { HeldRows } from "./takeover/held_rows.ts";
import { Answers, clearAnswers, type Request } from "./takeover/request.ts";
import type { RecordOptions, RecordProgress, RecordSummary, RecoveryProgress } from "./record.ts";

const DRAIN_MS = 60_000; // thousands of day files at 5 ms a sync; service managers wait 90 s
const PROGRESS_MS = 1_000;
const LISTEN_RETRY_MS = 250;
const LISTEN_TRIES = 120; // the other one closes its port as it lets go of the data path

/** One life of a recorder: its parts, in the order the data walks. */
export class Recording implements Heir {
  readonly #runtime: Runtime;
  readonly #config: Config;
  readonly #version: string;
  readonly #agora: Agora;
  readonly #happenings: Happenings;
  readonly #quarantine: Quarantine;
  readonly #storage: StorageService;
  readonly #journal: JournalService;
  readonly #writers: readonly Writer[];
  readonly #gateway: RecorderGateway;
  readonly #takeovers: TakeoverHappenings;
  readonly #frames: HeldFrames;
  readonly #hash: string;
  /** Undefined while the data path is another one's. */
  #lock: DataPathLock | undefined;
  #door: TakeoverDoor | undefined;
  /** Resolves when another recorder takes over. */
  readonly #asked: Promise<Request>;
  #ask!: (request: Request) => void;
  /** What is published before it goes into the buffers. */
  readonly #rows: HeldRows;
  #isStoring = false;
  #dispatchers: readonly Dispatcher[] = [];
  #runs: readonly Promise<void>[] = [];
  #tellProgress: (progress: RecoveryProgress) => void = () => {};
  readonly #facts: RecordFacts;

  constructor(
    runtime: Runtime,
    config: Config,
    { version, committed }: RecordOptions,
    telemetry: Telemetry,
    lock: DataPathLock | undefined,
  ) {
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
    this.#takeovers = new TakeoverHappenings(telemetry);
    this.#hash = hash;
    this.#lock = lock;
    this.#asked = new Promise((resolve) => this.#ask = resolve);
    this.#quarantine = new Quarantine(disk, dataPath, (error) => happenings.quarantineFailed(String(error)));
    this.#frames = new HeldFrames(this.#quarantine.keep, lock === undefined);
    this.#storage = new StorageService(runtime, happenings, {
      dataPath,
      flushIntervalMs,
      hash,
      writer: `argus ${version}`,
      recovers: true,
      isClosed: lock === undefined,
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
      return { name: type.name, handler };
    });
    this.#rows = new HeldRows(agora);
    this.#facts = new RecordFacts(clock, telemetry, this.#writers);
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
    let cancelProgress: Cancel = () => {};
    this.#tellProgress = progress;
    const liveAt = (url: string) => {
      this.#lock?.liveAt(url);
      listening(url);
    };
    try {
      let previous = 0;
      cancelProgress = timers.every(PROGRESS_MS, () => {
        const now = this.#facts.progress(this.#dispatchers);
        progress({ ...now, perSecond: now.events - previous });
        previous = now.events;
      });
      let owning: Promise<void> | undefined;
      if (this.#lock === undefined) ({ owning } = await this.#startBeside({ signal, over: over.signal }, liveAt));
      else await this.#startAlone(signal, liveAt);
      let request: Request | undefined;
      const failure = await Promise.race([
        aborted(signal),
        ...(durationMs === undefined ? [] : [sleep(timers, durationMs, over.signal)]),
        this.#storage.failed,
        new Promise<unknown>((resolve) => owning?.catch(resolve)),
        this.#asked.then((asked) => void (request = asked)),
      ]);
      this.#door?.[Symbol.dispose]();
      const outcome = request === undefined ? await this.#drain() : await this.#leave(request);
      if (failure !== undefined) throw failure;
      return { outcome, ...this.#facts.summary(this.#storage.rowsMerged, this.#quarantine) };
    } finally {
      over.abort();
      cancelProgress();
      this.#door?.[Symbol.dispose]();
      for (const dispatcher of this.#dispatchers) dispatcher[Symbol.dispose]();
      this.#close();
      await this.#gateway[Symbol.asyncDispose]();
      await Promise.all(this.#runs);
      this.#lock?.release();
    }
  }

  /** What the last recorder left comes first: it says where the holes of its absence begin, and a disk that is full is told before a socket opens. */
  async #startAlone(signal: AbortSignal, listening: (url: string) => void): Promise<void> {
    await this.#gateway.listen(listening);
    const recovery = await this.recovered(signal);
    clearAnswers(this.#runtime.disk, this.#config.dataPath);
    this.#store();
    if (recovery === undefined) return;
    this.#dispatch({ before: recovery });
    this.#openDoor();
  }

  async #startBeside(signals: TakeoverSignals, listening: (url: string) => void): Promise<{ readonly owning: Promise<void> }> {
    const { dataPath, sources } = this.#config;
    const options = { dataPath, hash: this.#hash, what: `argus ${this.#version}`, sources };
    const { owning } = await takeOver(this.#runtime, this.#takeovers, options, this, signals);
    return { owning: owning.then(() => this.#lock === undefined ? undefined : this.#succeed(listening)) };
  }

  /** The other one closes its port as it lets go of the data path; from then on we may be asked ourselves. */
  async #succeed(listening: (url: string) => void): Promise<void> {
    this.#openDoor();
    for (let tries = 1;; tries++) {
      try {
        return await this.#gateway.listen(listening);
      } catch (error) {
        if (!(error instanceof ConfigError)) throw error;
        if (tries === LISTEN_TRIES) return this.#takeovers.gatewayNotListening(error.message);
      }
      await sleep(this.#runtime.timers, LISTEN_RETRY_MS, new AbortController().signal);
    }
  }

  standBy(): void {
    this.#dispatch({ isStandby: true });
  }

  undelivered(): string[] {
    return this.#dispatchers.flatMap(({ delivery }) => delivery.undelivered);
  }

  paths(): string[] {
    return this.#dispatchers.flatMap((dispatcher) => dispatcher.paths);
  }

  goOn(states: Readonly<Record<string, SourceState>>, succession: Succession): void {
    this.#frames.pass(succession.leftTime ?? -Infinity);
    this.#store();
    Object.keys(this.#config.sources).forEach((id, i) => {
      this.#dispatchers[i]!.goOn(states[id] ?? { paths: new Map(), holes: [], books: [] }, succession);
    });
  }

  follow(before: Recovery): void {
    for (const dispatcher of this.#dispatchers) dispatcher.follow(before);
  }

  own(lock: DataPathLock): void {
    this.#lock = lock;
    this.#storage.open();
  }

  /** Undefined when the signal aborts first. */
  async recovered(signal: AbortSignal): Promise<Recovery | undefined> {
    const recovery = await Promise.race([this.#storage.recovered, this.#storage.failed, aborted(signal)]);
    if (recovery instanceof StorageError) throw recovery;
    if (recovery !== undefined) this.#happenings.recovered(recovery);
    return recovery;
  }

  /** What is published goes into the buffers from now on, behind what was said before. */
  #store(): void {
    this.#isStoring = true;
    const handlers = new Map(this.#writers.map(({ name, handler }) => [name, handler]));
    this.#rows.release((path, event) => handlers.get(partsOf(path).type)?.append(path, event));
    for (const [name, handler] of handlers) handler.follow(this.#agora, `*/${name}/*`);
  }

  #openDoor(): void {
    const { dataPath } = this.#config;
    this.#door = new TakeoverDoor(this.#runtime, this.#takeovers, { dataPath, hash: this.#hash, paths: () => this.paths() });
    void this.#door.accepted.then(this.#ask);
  }

  /**
   * Stops at one moment, and says where when everything up to there is durable: whatever happens to this process then, the other one goes
   * on exactly from there. Then it drains.
   */
  async #leave(request: Request): Promise<RecordSummary["outcome"]> {
    const { clock, process } = this.#runtime;
    this.#takeovers.leaving(request.holder);
    const about = `to ${request.holder}, ${request.hash}`;
    const leftTime = clock.wallTime();
    const sources = Object.fromEntries(Object.keys(this.#config.sources).map((id, i) => [id, this.#dispatchers[i]!.leave(about)]));
    const holder = `argus ${this.#version}, pid ${process.pid} on ${process.host}`;
    const handOver = handOverText({ holder, hash: this.#hash, leftTime, sources });
    // Whichever is first: what the journal has is durable, and so is what has become day files.
    const isJournalled = this.#writers.every(({ handler }) => handler.isJournalled);
    let isTold = false;
    const tell = () => {
      if (!isTold) this.#tell(request, handOver);
      isTold = true;
    };
    if (isJournalled) void this.#journal.commit(DRAIN_MS).then((isDurable) => isDurable ? tell() : undefined);
    const outcome = await this.#drain();
    if (outcome === "drained") tell();
    return outcome;
  }

  #tell({ hash }: Request, handOver: string): void {
    try {
      new Answers(this.#runtime.disk, this.#config.dataPath, hash).leave(handOver);
    } catch (error) {
      if (!(error instanceof StorageError)) throw error;
      this.#takeovers.requestFailed(error.message); // it goes on from what is on disk
    }
  }

  #dispatch(how: Pick<DispatcherOptions, "before" | "isStandby">): void {
    const runtime = this.#runtime;
    const about = `argus ${this.#version} on ${runtime.name} ${runtime.version}, configuration ${digestOf(runtime, this.#config)}`;
    this.#dispatchers = Object.entries(this.#config.sources).map(([id, source]) =>
      new Dispatcher(runtime, this.#agora, sourceOf(id)!, this.#happenings, {
        ...source,
        restUrls: [source.restUrl],
        ...how,
        keepFrame: this.#frames.keep,
        budgetStore: this.#budgetStore(id),
        about,
      })
    );
    this.#runs = this.#dispatchers.map((dispatcher) => dispatcher.run());
  }

  /** Kept by whoever holds the data path. */
  #budgetStore(id: string): BudgetStore {
    const file = budgetFile(this.#runtime.disk, this.#config.dataPath, id, (error) => this.#happenings.budgetNotKept(id, String(error)));
    return { load: file.load, save: (text) => this.#lock === undefined ? undefined : file.save(text) };
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
    if (!this.#isStoring) return "drained"; // it never came to record
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
    await this.#storage.drain(this.#writers.map(({ handler }) => handler));
    await this.#journal.remove();
    return "drained";
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
