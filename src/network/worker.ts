/** socket ▸ [worker] ▸ codec ▸ router ▸ path ▸ buffer ▸ chunk ▸ day file.  In: frames. Out: events on this worker's temporary paths. */
import type { Agora } from "../agora/agora.ts";
import { TEMPORARY } from "../agora/pattern.ts";
import type { Publisher } from "../agora/publisher.ts";
import type { EventBase } from "../events/event_type.ts";
import type { Codec } from "../exchanges/codec.ts";
import type { Classified, Source } from "../exchanges/source.ts";
import { unreachable } from "../lib/assert.ts";
import type { Cancel, Runtime, Socket, SocketClosed } from "../runtime/runtime.ts";
import type { Happenings } from "../telemetry/happenings.ts";
import type { Binding } from "./binding.ts";
import { Garble } from "./garble.ts";
import { Lag } from "./lag.ts";
import { Pace } from "./pace.ts";
import { Subscriber } from "./subscriber.ts";

export interface WorkerOptions {
  readonly id: string;
  readonly endpoint: string;
  /** No data frame for this long on a socket whose pace is not yet known: it asks to be replaced. */
  readonly staleAfterMs: number;
}

/** Keeps frames that could not be read, or not exactly: nothing a venue said is lost. */
export type KeepFrame = (
  frame: { readonly source: string; readonly reason: string; readonly recvTime: number; readonly text: string },
) => void;

export interface WorkerDeps {
  readonly codec: Codec;
  readonly happenings: Happenings;
  readonly keepFrame: KeepFrame;
  /** Something says that this worker should be replaced while it lives: a notice from the venue, silence, lag, or frames that cannot be read. */
  readonly wantsReplacement: (reason: "shutdown_notice" | "silent_stream" | "stale" | "lag" | "bad_frames") => void;
  /** The pace of the lane's sockets, which outlives each of them. */
  readonly pulse: Pace;
}

/** A stream of ours. */
interface Bound {
  readonly publisher: Publisher<EventBase>;
  readonly pace: Pace;
}

/** Why a worker ended. `terminated`: it was disposed. */
export type WorkerEnd = SocketClosed;

const CONNECT_TIMEOUT_MS = 10_000;
const LOOK_MS = 1_000;
export const SILENT_MS_MIN = 30_000; // of a stream little is known of; see Pace
const FRAMES_QUEUED_MAX = 65_536; // 8 s at the measured peak of 8k frames/s on one socket; then they are decoded inside the turn

/**
 * One combined socket and the temporary paths it feeds, `~{worker}/{path}`. The streams it is made with are the streams it has: a changed
 * universe is a new Worker. Whoever disposes it has first made sure that every path has joined another one.
 */
export class Worker implements Disposable {
  readonly id: string;
  readonly streams: readonly string[];
  /** Open and every stream acknowledged or named as failed. Never rejects; look at `ended` too. */
  readonly subscribed: Promise<void>;
  /** Resolves once; never rejects. */
  readonly ended: Promise<WorkerEnd>;
  readonly openedMs: number;
  readonly #runtime: Runtime;
  readonly #source: Source;
  readonly #codec: Codec;
  readonly #happenings: Happenings;
  readonly #keepFrame: KeepFrame;
  readonly #staleAfterMs: number;
  readonly #byStream = new Map<string, Bound>();
  readonly #subscriber: Subscriber;
  readonly #socket: Socket;
  readonly #staleness: Cancel;
  #frames: string[] = [];
  #recvTimes: number[] = [];
  readonly #wantsReplacement: WorkerDeps["wantsReplacement"];
  readonly #pulse: Pace;
  readonly #lag: Lag;
  readonly #garble = new Garble();
  #hasToldLag = false;
  #hasToldStale = false;
  #hasToldSilence = false;
  #lastDataMs: number;
  /** When the turn began whose frames are decoded. */
  #turnMs = 0;
  #hasEnded = false;
  #isTurnDue = false;
  #resolveEnded!: (end: WorkerEnd) => void;

  constructor(
    runtime: Runtime,
    agora: Agora,
    source: Source,
    deps: WorkerDeps,
    bindings: readonly Binding[],
    options: WorkerOptions,
  ) {
    this.id = options.id;
    this.#runtime = runtime;
    this.#source = source;
    this.#codec = deps.codec;
    this.#happenings = deps.happenings;
    this.#keepFrame = deps.keepFrame;
    this.#wantsReplacement = deps.wantsReplacement;
    this.#staleAfterMs = options.staleAfterMs;
    this.#pulse = deps.pulse;
    const lookMs = Math.min(LOOK_MS, this.#staleAfterMs / 4);
    this.#lag = new Lag(lookMs);
    this.streams = bindings.map((binding) => binding.stream);
    this.openedMs = this.#lastDataMs = runtime.clock.monotonicMs();
    this.ended = new Promise((resolve) => this.#resolveEnded = resolve);
    for (const { stream, path, channel } of bindings) {
      const publisher = agora.open<EventBase>(temporaryPath(path, this.id), channel.event);
      this.#byStream.set(stream, { publisher, pace: new Pace(Math.min(SILENT_MS_MIN, options.staleAfterMs)) });
    }
    this.#subscriber = new Subscriber(
      runtime.timers,
      source,
      (text) => this.#socket.send(text),
      (stream, why) => this.#streamFailed(stream, why),
    );
    this.subscribed = this.#subscriber.done;
    this.#happenings.socketConnecting(source.id, this.id, options.endpoint);
    this.#socket = runtime.sockets.connect(source.socketUrl(options.endpoint), {
      connectTimeoutMs: CONNECT_TIMEOUT_MS,
      pingEveryMs: source.heartbeat.pingEveryMs,
      silentAfterMs: source.heartbeat.silentAfterMs,
      frameBytesMax: source.limits.inboundBytesMax,
    }, {
      opened: () => {
        this.#happenings.socketOpened(this.#source.id, this.id, this.streams.length);
        this.#lastDataMs = this.#runtime.clock.monotonicMs();
        this.#subscriber.subscribe(this.streams);
      },
      frame: (text) => this.#frame(text),
      closed: (closing) => this.#end(closing),
    });
    this.#staleness = runtime.timers.every(lookMs, () => this.#checkStaleness());
  }

  /** Closes the socket and ends the temporary paths. Frames already received are decoded first. */
  [Symbol.dispose](): void {
    if (this.#hasEnded) return;
    this.#stop(false);
    this.#happenings.socketClosed(this.#source.id, this.id);
    this.#resolveEnded({ cause: "terminated", detail: "disposed" });
    this.#socket.terminate();
  }

  /** Everything received so far is on the temporary paths when it returns. */
  decode(): void {
    this.#decodeAll();
  }

  /** Stamps the frame before anything looks at it; decoding waits for the end of the turn, so that a turn is a batch. */
  #frame(text: string): void {
    this.#recvTimes.push(this.#runtime.clock.wallTime());
    this.#frames.push(text);
    if (this.#frames.length >= FRAMES_QUEUED_MAX) this.#decodeAll();
    if (this.#isTurnDue) return;
    this.#isTurnDue = true;
    this.#runtime.timers.turn(() => {
      this.#isTurnDue = false;
      this.#decodeAll();
    });
  }

  /** One look at the clock for what one turn brought: nobody measures silence that short. */
  #decodeAll(): void {
    const [frames, recvTimes] = [this.#frames, this.#recvTimes];
    if (frames.length === 0) return;
    this.#frames = [];
    this.#recvTimes = [];
    this.#turnMs = this.#runtime.clock.monotonicMs();
    for (let i = 0; i < frames.length; i++) this.#decode(frames[i]!, recvTimes[i]!);
    if (this.#lastDataMs === this.#turnMs) this.#pulse.heard(this.#turnMs);
  }

  #decode(text: string, recvTime: number): void {
    const decoded = this.#codec.decode(text, recvTime);
    if (this.#garble.read(decoded.kind === "bad", this.#turnMs)) this.#wantsReplacement("bad_frames");
    switch (decoded.kind) {
      case "events":
        if (decoded.inexactDecimals > 0) {
          this.#happenings.inexactDecimals(this.#source.id, decoded.symbol, decoded.inexactDecimals);
          this.#keepFrame({ source: this.#source.id, reason: "inexact", recvTime, text });
        }
        return this.#publish(decoded.stream, decoded.events);
      case "control":
        return this.#control(decoded.classified);
      case "bad":
        this.#happenings.frameQuarantined(this.#source.id, this.id, decoded.error, text);
        return this.#keepFrame({ source: this.#source.id, reason: decoded.error.reason, recvTime, text });
      default:
        unreachable(decoded);
    }
  }

  #publish(stream: string, events: readonly EventBase[]): void {
    const bound = this.#byStream.get(stream);
    if (bound === undefined) return this.#happenings.frameIgnored(this.#source.id, `stream ${stream}, which was not asked for`);
    this.#lastDataMs = this.#turnMs;
    bound.pace.heard(this.#turnMs);
    const last = events.at(-1);
    if (last?.eventTime !== undefined) this.#lag.heard(last.eventTime, last.recvTime, this.#turnMs);
    bound.publisher.publish(events);
  }

  #control(classified: Exclude<Classified, { kind: "data" }>): void {
    switch (classified.kind) {
      case "ack":
        return this.#subscriber.acked(classified.id);
      case "error":
        this.#happenings.venueError(this.#source.id, this.id, classified.code, classified.message);
        return this.#subscriber.refused(classified.id, classified.message);
      case "shutdown":
        this.#happenings.shutdownNoticed(this.#source.id, this.id);
        return this.#wantsReplacement("shutdown_notice");
      case "other":
        return this.#happenings.frameIgnored(this.#source.id, classified.what);
      default:
        unreachable(classified);
    }
  }

  #streamFailed(stream: string, why: string): void {
    this.#happenings.streamFailed(this.#source.id, this.id, stream, why);
    this.#byStream.get(stream)?.publisher.close();
  }

  #checkStaleness(): void {
    if (this.#hasEnded) return;
    const nowMs = this.#runtime.clock.monotonicMs();
    const ageMs = nowMs - this.#lastDataMs;
    const isStale = this.#pulse.isUnheardOf(ageMs) ?? ageMs >= this.#staleAfterMs;
    if (!isStale) {
      this.#checkLag(nowMs);
      return this.#checkPaces(nowMs);
    }
    if (this.#hasToldStale) return;
    this.#hasToldStale = true;
    this.#happenings.socketStale(this.#source.id, this.id, ageMs);
    this.#wantsReplacement("stale");
  }

  #checkLag(nowMs: number): void {
    const behindMs = this.#lag.look(nowMs);
    if (behindMs === undefined || this.#hasToldLag) return;
    this.#hasToldLag = true;
    this.#happenings.socketLags(this.#source.id, this.id, behindMs);
    this.#wantsReplacement("lag");
  }

  /** Told once: if the next worker hears nothing of it either, the stream is silent at the venue. */
  #checkPaces(nowMs: number): void {
    if (this.#hasToldSilence) return;
    for (const [stream, { pace }] of this.#byStream) {
      const silentMs = pace.silentMs(nowMs);
      if (silentMs === undefined) continue;
      this.#hasToldSilence = true;
      this.#happenings.streamSilent(this.#source.id, this.id, stream, silentMs);
      return this.#wantsReplacement("silent_stream");
    }
  }

  #end(end: WorkerEnd): void {
    if (this.#hasEnded) return;
    this.#stop(true);
    this.#happenings.socketEnded(this.#source.id, this.id, end);
    this.#resolveEnded(end);
  }

  #stop(isBroken: boolean): void {
    this.#decodeAll();
    this.#hasEnded = true;
    this.#staleness();
    this.#subscriber.stop();
    for (const { publisher } of this.#byStream.values()) publisher.close(isBroken);
  }
}

export function temporaryPath(path: string, workerId: string): string {
  return `${TEMPORARY}${workerId}/${path}`;
}
