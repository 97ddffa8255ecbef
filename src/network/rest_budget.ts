import { sleep } from "../lib/sleep.ts";
import type { Runtime } from "../runtime/runtime.ts";

const SHARE = 0.7; // of the venue's weight: the rest belongs to other programs on this address
const US_PER_MINUTE = 60_000_000;

/** What is kept of it over a restart. `minute`: since the epoch; `pausedMs`: still to wait. */
export interface RestSpent {
  readonly minute: number;
  readonly weight: number;
  readonly pausedMs: number;
}

/** Weight of REST requests in the venue's windows, which are minutes of the wall clock, and the pauses it asks for. One per source. */
export class RestBudget {
  readonly #runtime: Pick<Runtime, "clock" | "timers">;
  readonly #weightMax: number;
  readonly #changed: () => void;
  #minute: number;
  #weight: number;
  #pausedUntilMs: number;

  constructor(runtime: Pick<Runtime, "clock" | "timers">, weightPerMinute: number, spent?: RestSpent, changed: () => void = () => {}) {
    const { clock } = runtime;
    this.#runtime = runtime;
    this.#weightMax = weightPerMinute * SHARE;
    this.#changed = changed;
    this.#minute = spent?.minute ?? -1;
    this.#weight = spent?.weight ?? 0;
    this.#pausedUntilMs = clock.monotonicMs() + (spent?.pausedMs ?? 0);
  }

  /** Weight that this minute still has. */
  get left(): number {
    return this.#minute === this.#minuteNow() ? Math.max(0, this.#weightMax - this.#weight) : this.#weightMax;
  }

  get spent(): RestSpent {
    const pausedMs = Math.max(0, this.#pausedUntilMs - this.#runtime.clock.monotonicMs());
    return { minute: this.#minute, weight: this.#weight, pausedMs };
  }

  /** Resolves when a request of that weight may be sent, or when the signal aborts. */
  async spend(weight: number, signal: AbortSignal): Promise<void> {
    const { clock, timers } = this.#runtime;
    while (!signal.aborted) {
      const pausedMs = this.#pausedUntilMs - clock.monotonicMs();
      const minute = this.#minuteNow();
      if (minute !== this.#minute) {
        this.#minute = minute;
        this.#weight = 0;
      }
      // One request that is heavier than the whole share goes alone.
      if (pausedMs <= 0 && (this.#weight === 0 || this.#weight + weight <= this.#weightMax)) {
        this.#weight += weight;
        return this.#changed();
      }
      const toNextMinuteMs = 60_000 - (clock.wallTime() / 1_000) % 60_000;
      await sleep(timers, pausedMs > 0 ? pausedMs : toNextMinuteMs, signal);
    }
  }

  /** What the venue has counted in this minute: other programs on this address spend too. */
  counted(weight: number): void {
    if (this.#minute === this.#minuteNow() && weight > this.#weight) this.#weight = weight;
  }

  /** The venue wants no requests from this address for so long. */
  pause(ms: number): void {
    this.#pausedUntilMs = Math.max(this.#pausedUntilMs, this.#runtime.clock.monotonicMs() + ms);
    this.#changed();
  }

  #minuteNow(): number {
    return Math.floor(this.#runtime.clock.wallTime() / US_PER_MINUTE);
  }
}
