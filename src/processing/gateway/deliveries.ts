import type { Runtime } from "../../runtime/runtime.ts";

/** Sends a client something of what waits for it. True when it could take more now. */
export type Portion = () => boolean;

const SLICE_MS = 2; // a frame of a venue waits for it, and is stamped that much later
const REST_SATISFIED = 9; // ms of rest for each of sending, when everybody has everything
const REST_MS_MAX = 5; // a quarter of what the queue of a client holds at 150,000 events a second

/**
 * When the clients of `/v1/stream` get what waits for them: one portion each in turn, for two milliseconds at most, then the sockets of the
 * venues are read, and for as long again. So however many clients there are and however much they ask for, recording goes first. Once
 * everybody has everything it rests for longer, 5 ms at most: nearly all that sending costs is writes, and more messages then go into each.
 */
export class Deliveries {
  readonly #clock: Runtime["clock"];
  readonly #timers: Runtime["timers"];
  readonly #restBehind: number;
  #due: Portion[] = [];
  #isPlanned = false;
  #restMs = 0;
  #restedFromMs = 0;

  /** `restBehind`: ms of rest for each of sending while clients wait; 0 where there is nothing else to do. */
  constructor({ clock, timers }: Pick<Runtime, "clock" | "timers">, restBehind: number) {
    this.#clock = clock;
    this.#timers = timers;
    this.#restBehind = restBehind;
  }

  /** The client has something to take, and is not in the row already. */
  due(portion: Portion): void {
    this.#due.push(portion);
    this.#plan();
  }

  #plan(): void {
    if (this.#isPlanned) return;
    this.#isPlanned = true;
    const restMs = this.#restLeftMs();
    if (restMs < 1) this.#timers.turn(() => this.#deliver());
    else this.#timers.after(restMs, () => this.#deliver());
  }

  #deliver(): void {
    this.#isPlanned = false;
    const fromMs = this.#clock.monotonicMs();
    let nowMs = fromMs;
    const due = this.#due;
    const again: Portion[] = [];
    let served = 0;
    for (; served < due.length && nowMs - fromMs < SLICE_MS; nowMs = this.#clock.monotonicMs()) {
      const portion = due[served++]!;
      if (portion()) again.push(portion);
    }
    this.#due = [...due.slice(served), ...again];
    // Past a slice it was not sending that took the time: another program had the core.
    const sentMs = Math.min(nowMs - fromMs, SLICE_MS);
    const rest = this.#due.length > 0 ? this.#restBehind : REST_SATISFIED;
    this.#restMs = Math.min(REST_MS_MAX, this.#restLeftMs() + sentMs * rest);
    this.#restedFromMs = nowMs;
    if (this.#due.length > 0) this.#plan();
  }

  /** Time that goes by without sending is rest. */
  #restLeftMs(): number {
    return Math.max(0, this.#restMs - (this.#clock.monotonicMs() - this.#restedFromMs));
  }
}
