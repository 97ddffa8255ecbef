import type { ControlFrame, Source } from "../exchanges/source.ts";
import type { Cancel, Timers } from "../runtime/runtime.ts";
import { FramePacer } from "./frame_pacer.ts";

const ACK_DEADLINE_MS = 10_000;
const TRIES_MAX = 2;

/**
 * Subscribes a socket's streams: paced, acknowledged, sent again, and split when the venue refuses a frame, so that one bad name never
 * sinks the rest. `done` resolves when each stream is acknowledged or named as failed.
 */
export class Subscriber {
  readonly done: Promise<void>;
  readonly #timers: Timers;
  readonly #source: Source;
  readonly #pacer: FramePacer;
  readonly #failed: (stream: string, why: string) => void;
  readonly #pending = new Map<number, { readonly frame: ControlFrame; readonly tries: number; readonly deadline: Cancel }>();
  #nextId = 1;
  #resolve!: () => void;

  constructor(timers: Timers, source: Source, send: (text: string) => void, failed: (stream: string, why: string) => void) {
    this.#timers = timers;
    this.#source = source;
    this.#pacer = new FramePacer(timers, source.limits.framesPerSecondMax, send);
    this.#failed = failed;
    this.done = new Promise((resolve) => this.#resolve = resolve);
  }

  subscribe(streams: readonly string[]): void {
    this.#send(streams, 1);
    this.#check();
  }

  acked(id: number): void {
    this.#settle(id);
    this.#check();
  }

  /** The venue refused a frame. Without an id nobody knows which: the acknowledgement's deadline will tell. */
  refused(id: number | undefined, why: string): void {
    const pending = id === undefined ? undefined : this.#settle(id);
    if (pending === undefined) return;
    const { streams } = pending.frame;
    if (streams.length === 1) this.#failed(streams[0]!, why);
    else {
      this.#send(streams.slice(0, streams.length >> 1), 1);
      this.#send(streams.slice(streams.length >> 1), 1);
    }
    this.#check();
  }

  stop(): void {
    this.#pacer.stop();
    for (const { deadline } of this.#pending.values()) deadline();
    this.#pending.clear();
  }

  #send(streams: readonly string[], tries: number): void {
    for (const frame of this.#source.subscribe(streams, this.#nextId)) {
      this.#nextId = frame.id + 1;
      const sentMs = 1_000 * this.#pending.size; // frames wait their turn in the pacer
      const deadline = this.#timers.after(ACK_DEADLINE_MS + sentMs, () => this.#expired(frame.id));
      this.#pending.set(frame.id, { frame, tries, deadline });
      this.#pacer.push(frame.text);
    }
  }

  #expired(id: number): void {
    const pending = this.#settle(id);
    if (pending === undefined) return;
    if (pending.tries < TRIES_MAX) this.#send(pending.frame.streams, pending.tries + 1);
    else {for (const stream of pending.frame.streams) {
        this.#failed(stream, `not acknowledged within ${ACK_DEADLINE_MS / 1_000} s, ${TRIES_MAX} times`);
      }}
    this.#check();
  }

  #settle(id: number) {
    const pending = this.#pending.get(id);
    pending?.deadline();
    this.#pending.delete(id);
    return pending;
  }

  #check(): void {
    if (this.#pending.size === 0) this.#resolve();
  }
}
