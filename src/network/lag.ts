import { US_PER_DAY, US_PER_MS } from "../lib/time.ts";

const PERIOD_MS = 300_000; // a way through the Internet changes; clocks drift by a few ms in this time
const BEHIND_MS = 5_000; // bursts delay a socket by a second or two
const LOOKS = 3; // in a row: one late burst is none
const LATE_SHARE = 1.5; // of the time between looks: longer means that it is us who are late

/**
 * Whether a socket falls behind: how much older its events are on arrival than they were at their best of late. Measured on the monotonic
 * clock, so a wall clock that is set, or wrong, changes nothing.
 */
export class Lag {
  readonly #lookEveryMs: number;
  #bestMs = Infinity;
  #bestBeforeMs = Infinity;
  #periodEndsMs = 0;
  #sinceLookMs = Infinity;
  #lookedMs: number | undefined;
  #looks = 0;

  constructor(lookEveryMs: number) {
    this.#lookEveryMs = lookEveryMs;
  }

  /** Times in µs; `recvTime` only tells a plausible event time from one that is none. */
  heard(eventTime: number, recvTime: number, nowMs: number): void {
    if (Math.abs(recvTime - eventTime) > US_PER_DAY) return;
    const lagMs = nowMs - eventTime / US_PER_MS;
    if (lagMs < this.#sinceLookMs) this.#sinceLookMs = lagMs;
  }

  /** Called evenly. The ms it has fallen behind, once that has been too much for a while; undefined otherwise. */
  look(nowMs: number): number | undefined {
    const lagMs = this.#sinceLookMs;
    const isLate = nowMs - (this.#lookedMs ?? nowMs) > LATE_SHARE * this.#lookEveryMs;
    this.#sinceLookMs = Infinity;
    this.#lookedMs = nowMs;
    if (lagMs === Infinity) return undefined;
    if (nowMs >= this.#periodEndsMs) {
      this.#bestBeforeMs = this.#bestMs;
      this.#bestMs = Infinity;
      this.#periodEndsMs = nowMs + PERIOD_MS;
    }
    this.#bestMs = Math.min(this.#bestMs, lagMs);
    const behindMs = lagMs - Math.min(this.#bestMs, this.#bestBeforeMs);
    this.#looks = behindMs >= BEHIND_MS && !isLate ? this.#looks + 1 : 0;
    return this.#looks >= LOOKS ? behindMs : undefined;
  }
}
