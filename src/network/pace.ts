const PERIOD_MS = 1_800_000; // at least; what happened an hour ago says little about how lively a market is now
const LEARNED_EVENTS = 50; // fewer say nothing about how often a stream speaks, so a thin one's period is as long as they take
const LIVELY_EVENTS = 1_000; // so many are no burst of a quiet symbol
const NEVER_MEANS = 21; // mean silences: of events that come independently, one in 10^9 is longer …
const TIMES_LONGEST_MIN = 3; // … but markets come in bursts, and night falls
const LIVELY_SILENT_MS_MIN = 8_000; // even a lively market may pause for seconds

/**
 * How long a stream, or a whole socket, is silent, learned, so that one that has fallen silent is noticed and a quiet symbol is no alarm.
 * Markets come in bursts, so it is the longest silence of late that counts and not the mean one.
 */
export class Pace {
  readonly #silentMsMin: number;
  readonly #livelyEvents: number;
  #lastMs = 0;
  /** Of this period and the one before. */
  #events = 0;
  #eventsBefore = 0;
  #longestMs = 0;
  #longestBeforeMs = 0;
  #periodEndsMs = 0;

  /** `silentMsMin`: nothing shorter counts until it is known to be lively, which `livelyEvents` say. */
  constructor(silentMsMin: number, livelyEvents = LIVELY_EVENTS) {
    this.#silentMsMin = silentMsMin;
    this.#livelyEvents = livelyEvents;
  }

  heard(nowMs: number): void {
    const silentMs = this.#events === 0 ? 0 : nowMs - this.#lastMs;
    this.#lastMs = nowMs;
    if (this.#events === 0) this.#periodEndsMs = nowMs + PERIOD_MS;
    else if (nowMs >= this.#periodEndsMs && this.#events >= LEARNED_EVENTS) {
      this.#eventsBefore = this.#events;
      this.#longestBeforeMs = this.#longestMs;
      this.#events = 0;
      this.#longestMs = 0;
      this.#periodEndsMs = nowMs + PERIOD_MS;
    }
    this.#events++;
    if (silentMs > this.#longestMs) this.#longestMs = silentMs;
  }

  /** How long it has been silent, once that is far longer than it ever is. */
  silentMs(nowMs: number): number | undefined {
    const silentMs = nowMs - this.#lastMs;
    if (silentMs < LIVELY_SILENT_MS_MIN && silentMs < this.#silentMsMin) return undefined; // nearly always
    return this.isUnheardOf(silentMs) ? silentMs : undefined;
  }

  /** Is a silence of that length one that never happens? Undefined while too little was heard. */
  isUnheardOf(silentMs: number): boolean | undefined {
    const events = this.#events + this.#eventsBefore;
    if (events < LEARNED_EVENTS) return undefined;
    const longestMs = Math.max(this.#longestMs, this.#longestBeforeMs);
    const floorMs = events < this.#livelyEvents ? this.#silentMsMin : Math.min(LIVELY_SILENT_MS_MIN, this.#silentMsMin);
    // The longest of n silences is about ln n mean ones.
    return silentMs >= Math.max(floorMs, Math.max(TIMES_LONGEST_MIN, NEVER_MEANS / Math.log(events)) * longestMs);
  }
}
