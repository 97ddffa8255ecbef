/** [dispatcher] ▸ worker ▸ codec ▸ router ▸ path.  In: the venue's universe. Out: workers that carry it, and a persistent path a stream. */
import type { Agora } from "../agora/agora.ts";
import { AgoraRouter, type PathState } from "../agora/router.ts";
import { StandbyPath } from "../agora/standby_path.ts";
import type { EventBase } from "../events/event_type.ts";
import { Codec } from "../exchanges/codec.ts";
import type { Source } from "../exchanges/source.ts";
import { RestError } from "../lib/errors.ts";
import { Backoff } from "../lib/backoff.ts";
import type { DayWindow } from "../lib/day_window.ts";
import { sleep } from "../lib/sleep.ts";
import type { Cancel, Runtime } from "../runtime/runtime.ts";
import type { Happenings } from "../telemetry/happenings.ts";
import { type Binding, bindingsOf, isSelected, type Selection } from "./binding.ts";
import { Chronicle } from "./chronicle.ts";
import { Budgets, type BudgetStore } from "./budgets.ts";
import { type Before, Holes, type HolesState } from "./holes.ts";
import { Lanes } from "./lanes.ts";
import { PathListener } from "./path_listener.ts";
import { RestClient } from "./rest_client.ts";
import { measureOffset } from "./venue_clock.ts";
import { Seat, type SeatContext } from "./seat.ts";
import { type KeepFrame, temporaryPath, Worker } from "./worker.ts";

export interface DispatcherOptions extends Selection {
  readonly universeIntervalMs: number;
  readonly workerMaxAgeMs: number;
  /** The part of the day for replacements by age. */
  readonly rotateWindow?: DayWindow | undefined;
  /** Sockets that carry each stream at the same time. */
  readonly redundancy: number;
  readonly wsUrls: readonly string[];
  readonly restUrls: readonly string[];
  readonly streamsPerWorkerMax?: number;
  readonly staleAfterMs?: number;
  /** How often whole books are fetched, beside starts, holes and midnights. */
  readonly bookAnchorIntervalMs: number;
  /** And after how many changes. */
  readonly bookAnchorChanges: number;
  readonly keepFrame: KeepFrame;
  /** Where limits that are used up survive a restart. */
  readonly budgetStore?: BudgetStore;
  /** Version and configuration, for the `session` row of the start. */
  readonly about?: string;
  readonly before?: Before;
  /** Another process publishes these paths still: nothing is published here before `goOn`. */
  readonly isStandby?: boolean;
}

/** How the process before ended. */
export interface Succession {
  /** When it left its paths; undefined where nobody knows. */
  readonly leftTime: number | undefined;
  /** What its journal says, where it was cut off. */
  readonly before: Before | undefined;
  /** For the `session` row. */
  readonly about: string;
}

/** Where a source stands in one process, for the one that goes on with it. */
export interface SourceState extends HolesState {
  readonly paths: ReadonlyMap<string, PathState<EventBase>>;
}

export interface DispatcherStatus {
  readonly symbols: number;
  readonly streams: number;
  readonly sockets: number;
  /** Frames that no scanner could read, so that the slow way did. */
  readonly scansDeclined: number;
}

/** `rotatesInMs`: until it is replaced for its age, if nothing else replaces it before. */
export interface WorkerState {
  readonly id: string;
  readonly lane: string;
  readonly ageMs: number;
  readonly rotatesInMs: number;
  readonly streams: number;
}

/** Which sockets carry the streams, and which streams none carries. */
export interface Delivery {
  readonly workers: readonly WorkerState[];
  /** Paths, sorted; the source's id alone while its universe could not be read. */
  readonly undelivered: readonly string[];
}

const STREAMS_PER_WORKER_MAX = 300; // half a venue's limit would do; small sockets lag less and lose less
const QUIET_MS = 3_500; // nobody brought anything for this long after the acknowledgement: silence shorter than HOLD_MS may be a stall
const JOIN_DEADLINE_MS = 10_000;
const CODEC_LOOK_MS = 60_000; // what a venue changes in its format is told once a minute, not once a frame
const HOLD_MS = 3_000; // the largest skew seen between two sockets is a few hundred ms

/** One per source: knows the universe, packs it into Workers, and keeps one persistent path a stream however often those change. */
export class Dispatcher implements Disposable {
  readonly #runtime: Runtime;
  readonly #agora: Agora;
  readonly #source: Source;
  readonly #happenings: Happenings;
  readonly #options: DispatcherOptions;
  readonly #stop = new AbortController();
  readonly #rest: RestClient;
  readonly #codec: Codec;
  readonly #holes: Holes;
  /** Counts them, by data type. */
  readonly #duplicates: Readonly<Record<string, () => void>>;
  readonly #lanes: Lanes;
  readonly #seats: Seat[][] = [];
  readonly #routers = new Map<string, AgoraRouter<EventBase> | StandbyPath<EventBase>>();
  readonly #bindings = new Map<string, Binding>();
  readonly #budgets: Budgets;
  readonly #codecLook: Cancel;
  readonly #chronicle: Chronicle;
  readonly #unlisten: () => void;
  /** When the universe was last read; undefined before that. */
  #universeTime: number | undefined;
  #told = { timesOff: 0, unknownValues: 0, unknownFields: 0, scansDeclined: 0 };
  #workersMade = 0;
  #isStandby: boolean;

  constructor(runtime: Runtime, agora: Agora, source: Source, happenings: Happenings, options: DispatcherOptions) {
    this.#runtime = runtime;
    this.#agora = agora;
    this.#source = source;
    this.#happenings = happenings;
    this.#duplicates = Object.fromEntries(source.channels.map(({ event: { name } }) => [name, happenings.duplicates(source.id, name)]));
    this.#options = options;
    this.#isStandby = options.isStandby === true;
    this.#budgets = new Budgets(runtime, source.limits, options.budgetStore);
    this.#rest = new RestClient(runtime, {
      hosts: options.restUrls,
      budget: this.#budgets.rest,
      ...(source.restUsedWeightHeader === undefined ? {} : { usedWeightHeader: source.restUsedWeightHeader }),
      ...(source.restHeaders === undefined ? {} : { headers: source.restHeaders }),
      signal: this.#stop.signal,
    });
    this.#codec = new Codec(source);
    this.#lanes = new Lanes(Math.min(options.streamsPerWorkerMax ?? STREAMS_PER_WORKER_MAX, source.limits.streamsPerSocketMax));
    this.#chronicle = new Chronicle(runtime, agora, source.id, () => void this.#measureClock());
    this.#holes = new Holes(runtime, {
      source,
      rest: this.#rest,
      codec: this.#codec,
      chronicle: this.#chronicle,
      happenings,
      bookAnchorIntervalMs: options.bookAnchorIntervalMs,
      bookAnchorChanges: options.bookAnchorChanges,
      before: options.before,
      signal: this.#stop.signal,
      last: (path) => this.#agora.last(path),
      fill: (path, events) => this.#routers.get(path)?.fill(events),
    });
    this.#unlisten = happenings.listen(source.id, (moment) => {
      if (moment.event === "damaged") return this.#chronicle.damaged(moment);
      const { event, ...about } = moment;
      this.#chronicle.session(event, about);
    });
    this.#chronicle.session("start", options.about === undefined ? {} : { detail: options.about });
    this.#codecLook = runtime.timers.every(CODEC_LOOK_MS, () => this.#tellCodec());
  }

  get status(): DispatcherStatus {
    return {
      symbols: new Set([...this.#bindings.values()].map((binding) => binding.symbol)).size,
      streams: this.#bindings.size,
      sockets: this.#seats.flat().filter((seat) => seat.worker !== undefined).length,
      scansDeclined: this.#codec.counts.scansDeclined,
    };
  }

  /** Paths that are published, or stand by. */
  get paths(): string[] {
    return [...this.#routers.keys()];
  }

  get delivery(): Delivery {
    const nowMs = this.#runtime.clock.monotonicMs();
    const carried = (lane: number) => this.#seats[lane]?.some((seat) => seat.worker !== undefined) === true;
    const lanes = Array.from({ length: this.#lanes.size }, (_, lane) => lane);
    const undelivered = lanes.filter((lane) => !carried(lane)).flatMap((lane) => this.#lanes.bindings(lane).map(({ path }) => path));
    return {
      workers: this.#seats.flatMap((seats, lane) =>
        seats.flatMap(({ worker, rotatesAtMs }, i) => {
          if (worker === undefined) return [];
          const streams = this.#lanes.bindings(lane).length;
          const [ageMs, rotatesInMs] = [Math.round(nowMs - worker.openedMs), Math.max(0, Math.round(rotatesAtMs - nowMs))];
          return { id: worker.id, lane: `${this.#source.id}-${lane}.${i}`, ageMs, rotatesInMs, streams };
        })
      ),
      undelivered: this.#universeTime === undefined ? [this.#source.id] : undelivered.sort(),
    };
  }

  /** Follows the universe until disposed. Resolves then; never rejects. */
  async run(): Promise<void> {
    const backoff = new Backoff({ baseMs: 1_000, maxMs: 60_000 }, () => this.#runtime.random.float());
    while (!this.#stop.signal.aborted) {
      let waitMs = this.#options.universeIntervalMs;
      try {
        await this.#refresh();
        backoff.succeeded();
      } catch (error) {
        if (this.#stop.signal.aborted) return;
        waitMs = Math.min(waitMs, backoff.failed() + 500);
        this.#happenings.universeFailed(this.#source.id, error instanceof Error ? error.message : String(error), waitMs);
      }
      await sleep(this.#runtime.timers, waitMs, this.#stop.signal);
    }
  }

  /**
   * Ends here and now, so that another process can go on from what this returns: everything received is published or held in it, and
   * nothing is published after. `about` stands in the `session` row.
   */
  leave(about: string): SourceState {
    for (const seat of this.#seats.flat()) seat.decode();
    const routers = [...this.#routers].filter((each): each is [string, AgoraRouter<EventBase>] => each[1] instanceof AgoraRouter);
    const state = { paths: new Map(routers.map(([path, router]) => [path, router.state])), ...this.#holes.state };
    for (const [, router] of routers) router.leave();
    this.#routers.clear();
    this.#chronicle.session("takeover", { detail: about });
    this[Symbol.dispose]();
    return state;
  }

  /** Begins to publish, where another process left each path. */
  goOn(state: SourceState, { leftTime, before, about }: Succession): void {
    this.#isStandby = false;
    this.#holes.follow(before);
    this.#chronicle.session("takeover", { detail: about });
    for (const [path, standby] of [...this.#routers]) {
      if (!(standby instanceof StandbyPath)) continue;
      const left = state.paths.get(path);
      const router = this.#routerOf(this.#bindings.get(path)!, left?.last, undefined);
      this.#routers.set(path, router);
      standby.goOn(router, left, leftTime);
    }
    this.#holes.goOn(state, (path) => this.#bindings.get(path));
  }

  /** What the process before had received and lost becomes rows. */
  follow(before: Before): void {
    if (!this.#stop.signal.aborted) this.#holes.follow(before);
  }

  /** Ends every worker, then every path; what was received is published before it returns. */
  [Symbol.dispose](): void {
    if (this.#stop.signal.aborted) return;
    this.#stop.abort();
    this.#codecLook();
    this.#holes[Symbol.dispose]();
    for (const seat of this.#seats.flat()) seat[Symbol.dispose]();
    for (const router of this.#routers.values()) router[Symbol.dispose]();
    this.#routers.clear();
    this.#tellCodec();
    this.#chronicle.session("stop");
    this.#unlisten();
    this.#chronicle[Symbol.dispose]();
    this.#budgets[Symbol.dispose]();
  }

  /** What the codec read but found odd, since it was last told. */
  #tellCodec(): void {
    const { timesOff, unknownValues, unknownFields, scansDeclined } = this.#codec.counts;
    const told = this.#told;
    this.#told = { timesOff, unknownValues, unknownFields, scansDeclined };
    if (scansDeclined > told.scansDeclined) this.#happenings.scansDeclined(this.#source.id, scansDeclined - told.scansDeclined);
    if (timesOff > told.timesOff) this.#happenings.timesOff(this.#source.id, timesOff - told.timesOff);
    const [values, fields] = [unknownValues - told.unknownValues, unknownFields - told.unknownFields];
    if (values + fields > 0) this.#happenings.undocumented(this.#source.id, { values, fields });
  }

  async #refresh(): Promise<void> {
    const refused = (symbol: string, why: string) => this.#happenings.symbolRefused(this.#source.id, symbol, why);
    const instruments = await this.#source.universe(this.#rest, refused);
    // Venues answer with an empty list during maintenance; believing it would end every path.
    if (instruments.length === 0) throw new Error("the venue's universe is empty");
    const wanted = bindingsOf(this.#source, instruments, this.#options, refused);
    const listed = [...wanted.values()].filter((binding) => !this.#bindings.has(binding.path));
    const delisted = [...this.#bindings.keys()].filter((path) => !wanted.has(path));
    if (this.#stop.signal.aborted) return;
    this.#chronicle.universe(instruments.filter(({ symbol }) => isSelected(symbol, this.#options)));
    for (const path of delisted) this.#delist(path);
    this.#lanes.remove(delisted);
    for (const binding of listed) this.#list(binding);
    for (const lane of this.#lanes.add(listed)) this.#replaceLane(lane);
    this.#universeTime = this.#runtime.clock.wallTime();
    void this.#measureClock();
    this.#happenings.universe(this.#source.id, { ...this.status, listed: listed.length, delisted: delisted.length });
  }

  async #measureClock(): Promise<void> {
    const { time, id } = this.#source;
    if (time === undefined) return;
    try {
      this.#happenings.clockOffset(id, await measureOffset(this.#rest, time));
    } catch (error) {
      if (!(error instanceof RestError)) throw error;
      if (!this.#stop.signal.aborted) this.#happenings.clockUnknown(id, error.message);
    }
  }

  #list(binding: Binding): void {
    this.#bindings.set(binding.path, binding);
    const standby = () => new StandbyPath<EventBase>(this.#agora, this.#runtime, binding.channel.event);
    this.#routers.set(binding.path, this.#isStandby ? standby() : this.#routerOf(binding, undefined, this.#universeTime));
  }

  /** `lackedTime`: when the universe did not have it yet, where that is known. */
  #routerOf(binding: Binding, last: EventBase | undefined, lackedTime: number | undefined): AgoraRouter<EventBase> {
    const { event, continuity } = binding.channel;
    return new AgoraRouter<EventBase>(this.#agora, this.#runtime.timers, binding.path, last, {
      type: event,
      ...(continuity === undefined ? {} : { continuity }),
      holdMs: HOLD_MS,
      listener: new PathListener(this.#holes, binding, lackedTime, this.#duplicates[event.name]!),
    });
  }

  #delist(path: string): void {
    this.#bindings.delete(path);
    this.#holes.ended(path);
    this.#routers.get(path)?.[Symbol.dispose]();
    this.#routers.delete(path);
  }

  #replaceLane(lane: number): void {
    this.#seats[lane] ??= Array.from(
      { length: this.#options.redundancy },
      (_, index) =>
        new Seat(this.#seatContext(), { id: `${this.#source.id}-${lane}.${index}`, bindings: () => this.#lanes.bindings(lane) }, index),
    );
    for (const seat of this.#seats[lane]) seat.replace("universe");
  }

  #seatContext(): SeatContext {
    return {
      runtime: this.#runtime,
      sourceId: this.#source.id,
      happenings: this.#happenings,
      budget: this.#budgets.connections,
      endpoints: this.#options.wsUrls.length,
      rotation: { ageMaxMs: this.#options.workerMaxAgeMs, window: this.#options.rotateWindow },
      signal: this.#stop.signal,
      staleAfterMs: this.#options.staleAfterMs ?? this.#source.heartbeat.staleAfterMs,
      open: (bindings, attempt, life) => this.#openWorker(bindings, attempt, life),
    };
  }

  #openWorker(bindings: readonly Binding[], attempt: number, life: Parameters<SeatContext["open"]>[2]) {
    const { wsUrls, staleAfterMs, keepFrame } = this.#options;
    const worker = new Worker(
      this.#runtime,
      this.#agora,
      this.#source,
      { codec: this.#codec, happenings: this.#happenings, keepFrame, wantsReplacement: life.wantsReplacement, pulse: life.pulse },
      bindings,
      {
        id: String(++this.#workersMade),
        endpoint: wsUrls[attempt % wsUrls.length]!,
        staleAfterMs: life.patience * (staleAfterMs ?? this.#source.heartbeat.staleAfterMs),
      },
    );
    const wait = { ready: worker.subscribed, quietMs: QUIET_MS, deadlineMs: JOIN_DEADLINE_MS };
    // A path may be delisted between packing and opening: it has no router any more, and nobody waits for it.
    const joins = bindings.flatMap(({ path }) => this.#routers.get(path)?.relay(temporaryPath(path, worker.id), wait) ?? []);
    return { worker, joins };
  }
}
