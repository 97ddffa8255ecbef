import { Agora } from "../agora/agora.ts";
import { compilePattern } from "../agora/pattern.ts";
import type { Publisher } from "../agora/publisher.ts";
import type { EventBase } from "../events/event_type.ts";
import type { TimeUnit } from "../exchanges/source.ts";
import { ConfigError } from "../lib/errors.ts";
import { sleep } from "../lib/sleep.ts";
import { isoOf, US_PER_MS } from "../lib/time.ts";
import { nextTurn } from "../lib/next_turn.ts";
import type { Gateway } from "../processing/gateway/gateway.ts";
import { History } from "../processing/pts/history.ts";
import { AskError } from "../processing/gateway/route.ts";
import type { Runtime } from "../runtime/runtime.ts";
import { GatewayHappenings } from "../telemetry/gateway_happenings.ts";
import { Happenings } from "../telemetry/happenings.ts";
import type { Telemetry } from "../telemetry/telemetry.ts";
import type { Config } from "./config.ts";
import { freeBytes, gatewayOf, listen } from "./gateway.ts";
import { ReplayStore } from "./replay_store.ts";
import { capturedEvents, recordedEvents, recordedPaths, type ReplayEvent } from "./replay_events.ts";

export interface ReplayOptions {
  readonly version: string;
  readonly from: number;
  readonly to: number;
  /** So many times as fast as it was; Infinity as fast as the slowest client reads. */
  readonly speed: number;
  readonly patterns: readonly string[];
  /** Raw captures instead of what the data path holds, of that source. */
  readonly captures: { readonly files: readonly string[]; readonly source: string; readonly timeUnit: TimeUnit } | undefined;
  /** Begins when so many clients listen. */
  readonly clients: number;
  /** A data path of its own, that gets it as day files too. */
  readonly into?: string | undefined;
  readonly signal: AbortSignal;
  readonly listening: (url: string) => void;
}

export interface ReplaySummary {
  readonly paths: number;
  readonly events: number;
  /** In day files of the data path it was replayed into. */
  readonly rowsStored: number | undefined;
  /** Frames of captures that cannot be read. */
  readonly unreadable: number;
  readonly from: string | undefined;
  readonly to: string | undefined;
  readonly seconds: number;
}

const TURN_EVENTS_MAX = 256; // then the event loop has its turn, and clients get what there is
const LOOK_MS = 1;
const PATIENCE_MS = 5_000; // for a client that does not read; the gateway itself gives it up after that
const CLIENTS_LOOK_MS = 50;

/** What was, once more: through agora and the gateway, unaltered, its own times included. */
export async function replay(
  runtime: Runtime,
  config: Config,
  options: ReplayOptions,
  telemetry: Telemetry,
  progress: (progress: object) => void,
): Promise<ReplaySummary> {
  const { clock, timers } = runtime;
  const startMs = clock.monotonicMs();
  const agora = new Agora(timers);
  const happenings = new Happenings(telemetry);
  using history = new History(runtime, happenings, {
    dataPath: config.dataPath,
    isRecording: false,
    memory: () => Promise.resolve({}),
  });
  await using gateway = gatewayOf(config.gateway, {
    runtime,
    agora,
    telemetry,
    happenings: new GatewayHappenings(telemetry),
    version: options.version,
    history,
    sources: () => [],
    storage: () => ({
      dataPath: config.dataPath,
      rowsBuffered: {},
      rowsMerged: 0,
      bytesUnsaved: 0,
      diskFreeBytes: freeBytes(runtime, config.dataPath),
    }),
    admin: { flush: nothingIsRecorded, bump: nothingIsRecorded, bumpAll: nothingIsRecorded },
  });
  const wanted = options.patterns.map(compilePattern);
  const paths = options.captures === undefined ? recordedPaths(runtime, config.dataPath, wanted) : [];
  if (options.captures === undefined && paths.length === 0) {
    throw new ConfigError("--paths", `Nothing that matches ${options.patterns.join(", ")} is stored in ${config.dataPath}.`);
  }
  let unreadable = 0;
  const events = options.captures === undefined
    ? recordedEvents(runtime, config.dataPath, paths, options)
    : capturedEvents(runtime, options.captures.files, options.captures.source, options.captures.timeUnit, () => unreadable++);
  const { into: dataPath, version } = options;
  using store = dataPath === undefined
    ? undefined
    : new ReplayStore(runtime, agora, happenings, { dataPath, version, flushIntervalMs: config.flushIntervalMs });
  const url = await listen(gateway);
  if (url !== undefined) options.listening(url);
  while (gateway !== undefined && gateway.listeners < options.clients && !options.signal.aborted) {
    await sleep(timers, CLIENTS_LOOK_MS, options.signal);
  }
  const stage = new Stage(runtime, agora, { gateway, store }, options);
  try {
    for await (const each of events) {
      if (options.signal.aborted) break;
      if (options.captures !== undefined && !wanted.some((pattern) => pattern.matches(each.path))) continue;
      if (each.event.recvTime < options.from || each.event.recvTime >= options.to) continue;
      await stage.play(each);
      if (stage.events % 4_096 === 0) progress({ events: stage.events, at: isoOf(each.event.recvTime) });
    }
    await stage.settle();
  } finally {
    stage[Symbol.dispose]();
  }
  const rowsStored = await store?.finish();
  return { ...stage.summary, rowsStored, unreadable, seconds: Math.round((clock.monotonicMs() - startMs) / 100) / 10 };
}

/** Who hears it. */
interface Audience {
  readonly gateway: Gateway | undefined;
  readonly store: ReplayStore | undefined;
}

/** Publishes events when they are due. */
class Stage implements Disposable {
  readonly #runtime: Pick<Runtime, "clock" | "timers">;
  readonly #agora: Agora;
  readonly #audience: Audience;
  readonly #options: ReplayOptions;
  readonly #publishers = new Map<string, Publisher<EventBase>>();
  #first: { readonly time: number; readonly ms: number } | undefined;
  #last: number | undefined;
  #sinceTurn = 0;
  events = 0;

  constructor(runtime: Pick<Runtime, "clock" | "timers">, agora: Agora, audience: Audience, options: ReplayOptions) {
    this.#runtime = runtime;
    this.#agora = agora;
    this.#audience = audience;
    this.#options = options;
  }

  get summary(): Pick<ReplaySummary, "paths" | "events" | "from" | "to"> {
    const [from, to] = [this.#first?.time, this.#last];
    return {
      paths: this.#publishers.size,
      events: this.events,
      from: from === undefined ? undefined : isoOf(from),
      to: to === undefined ? undefined : isoOf(to),
    };
  }

  async play({ path, type, event }: ReplayEvent): Promise<void> {
    await this.#due(event.recvTime);
    let publisher = this.#publishers.get(path);
    if (publisher === undefined) this.#publishers.set(path, publisher = this.#agora.open(path, type));
    if (event.origin === "heal") publisher.publishPast([event]);
    else publisher.publish([event]);
    this.events++;
    this.#last = event.recvTime;
  }

  /** Resolves when every client that reads has everything, and what is stored has room for more. */
  async settle(): Promise<void> {
    const { clock, timers } = this.#runtime;
    const beganMs = clock.monotonicMs();
    await nextTurn(timers);
    const { gateway, store } = this.#audience;
    await store?.room();
    while (gateway?.hasBacklog === true && clock.monotonicMs() - beganMs < PATIENCE_MS && !this.#options.signal.aborted) {
      await sleep(timers, LOOK_MS, this.#options.signal);
    }
  }

  [Symbol.dispose](): void {
    for (const publisher of this.#publishers.values()) publisher.close();
  }

  async #due(time: number): Promise<void> {
    const { clock, timers } = this.#runtime;
    const nowMs = clock.monotonicMs();
    this.#first ??= { time, ms: nowMs };
    if (this.#options.speed === Infinity) {
      if (++this.#sinceTurn < TURN_EVENTS_MAX) return;
      this.#sinceTurn = 0;
      return await this.settle();
    }
    const waitMs = (time - this.#first.time) / US_PER_MS / this.#options.speed - (nowMs - this.#first.ms);
    if (waitMs > 0) await sleep(timers, waitMs, this.#options.signal);
    else if (++this.#sinceTurn >= TURN_EVENTS_MAX) {
      this.#sinceTurn = 0;
      await nextTurn(timers);
      await this.#audience.store?.room();
    }
  }
}

function nothingIsRecorded(): never {
  throw new AskError(409, "replay", "Nothing is recorded here: this is a replay.");
}
