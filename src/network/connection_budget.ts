import type { Cancel, Runtime } from "../runtime/runtime.ts";

const SHARE = 0.8; // of the venue's limit: other programs on this address want to connect too
const SPACING_MS = 250; // sockets opened together are cut together a day later
const FAILING_SHARE = 0.2; // while none succeeds: an outage must not use up what the way back needs

/** What is kept of it over a restart. `attemptTimes`: µs of wall time; `pausedMs`: still to wait. */
export interface ConnectionsSpent {
  readonly attemptTimes: readonly number[];
  readonly pausedMs: number;
}

export interface ConnectionLimits {
  readonly connectsMax: number;
  readonly connectWindowMs: number;
}

/**
 * Permission to open a socket: within the venue's attempts per window, never in a burst, and not while the venue has asked for a pause. One
 * per source and address.
 */
export class ConnectionBudget {
  readonly #runtime: Pick<Runtime, "clock" | "timers">;
  readonly #limits: ConnectionLimits;
  readonly #changed: () => void;
  /** Monotonic ms of the attempts of the last window, in order. */
  #attempts: number[];
  #pausedUntilMs: number;
  #isFailing = false;
  #waiting: (() => void)[] = [];
  #wake: Cancel = () => {};

  constructor(
    runtime: Pick<Runtime, "clock" | "timers">,
    limits: ConnectionLimits,
    spent?: ConnectionsSpent,
    changed: () => void = () => {},
  ) {
    this.#runtime = runtime;
    this.#limits = limits;
    this.#changed = changed;
    const { clock } = runtime;
    // A clock that was set back meanwhile must not make them later than now.
    const monotonicOf = (time: number) => clock.monotonicMs() + Math.min(0, (time - clock.wallTime()) / 1_000);
    this.#attempts = (spent?.attemptTimes ?? []).map(monotonicOf).sort((a, b) => a - b);
    this.#pausedUntilMs = clock.monotonicMs() + (spent?.pausedMs ?? 0);
  }

  /** Resolves when the attempt may begin, first come first served, or when the signal aborts. */
  acquire(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        signal.removeEventListener("abort", aborted);
        resolve();
      };
      const aborted = () => {
        this.#waiting = this.#waiting.filter((each) => each !== done);
        resolve();
      };
      if (signal.aborted) return resolve();
      signal.addEventListener("abort", aborted);
      this.#waiting.push(done);
      this.#grant();
    });
  }

  /** The venue wants nobody from this address to connect for so long. */
  pause(ms: number): void {
    this.#pausedUntilMs = Math.max(this.#pausedUntilMs, this.#runtime.clock.monotonicMs() + ms);
    this.#changed();
  }

  /** What became of an attempt. */
  ended(isOpen: boolean): void {
    this.#isFailing = !isOpen;
    this.#grant();
  }

  get spent(): ConnectionsSpent {
    const { clock } = this.#runtime;
    const timeOf = (ms: number) => Math.round(clock.wallTime() + (ms - clock.monotonicMs()) * 1_000);
    return { attemptTimes: this.#attempts.map(timeOf), pausedMs: Math.max(0, this.#pausedUntilMs - clock.monotonicMs()) };
  }

  #grant(): void {
    this.#wake();
    const nowMs = this.#runtime.clock.monotonicMs();
    while (this.#waiting.length > 0) {
      const atMs = this.#nextMs();
      if (atMs > nowMs) {
        this.#wake = this.#runtime.timers.after(atMs - nowMs, () => this.#grant());
        return;
      }
      this.#attempts = [...this.#attempts, nowMs].slice(-this.#attemptsMax);
      this.#changed();
      this.#waiting.shift()!();
    }
  }

  #nextMs(): number {
    const { connectsMax, connectWindowMs } = this.#limits;
    const spacingMs = this.#isFailing ? Math.max(SPACING_MS, connectWindowMs / (connectsMax * FAILING_SHARE)) : SPACING_MS;
    const afterSpacing = (this.#attempts.at(-1) ?? -Infinity) + spacingMs;
    const afterWindow = (this.#attempts.at(-this.#attemptsMax) ?? -Infinity) + connectWindowMs;
    return Math.max(this.#pausedUntilMs, afterSpacing, afterWindow);
  }

  get #attemptsMax(): number {
    return Math.max(1, Math.floor(this.#limits.connectsMax * SHARE));
  }
}
