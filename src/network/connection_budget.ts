import { sleep } from "../lib/sleep.ts";
import type { Runtime } from "../runtime/runtime.ts";

const SHARE = 0.8; // of the venue's limit: other programs on this address want to connect too
const SPACING_MS = 250; // sockets opened together are cut together a day later

/** Permission to open a socket: within the venue's attempts per window, and never a burst. One per source and address. */
export class ConnectionBudget {
  readonly #runtime: Pick<Runtime, "clock" | "timers">;
  readonly #attemptsMax: number;
  readonly #windowMs: number;
  /** When the attempts of the last window may begin, those still waiting included; in order. */
  #slots: number[] = [];

  constructor(runtime: Pick<Runtime, "clock" | "timers">, limits: { readonly connectsMax: number; readonly connectWindowMs: number }) {
    this.#runtime = runtime;
    this.#attemptsMax = Math.max(1, Math.floor(limits.connectsMax * SHARE));
    this.#windowMs = limits.connectWindowMs;
  }

  /** Resolves when the attempt may begin, first come first served, or when the signal aborts. */
  acquire(signal: AbortSignal): Promise<void> {
    const nowMs = this.#runtime.clock.monotonicMs();
    const afterSpacing = (this.#slots.at(-1) ?? -Infinity) + SPACING_MS;
    const afterWindow = (this.#slots.at(-this.#attemptsMax) ?? -Infinity) + this.#windowMs;
    const slotMs = Math.max(nowMs, afterSpacing, afterWindow);
    this.#slots = [...this.#slots, slotMs].slice(-this.#attemptsMax);
    return slotMs === nowMs ? Promise.resolve() : sleep(this.#runtime.timers, slotMs - nowMs, signal);
  }
}
