/** What is known of one stream, or of a whole socket, over this period and the one before. */
interface Pace {
  lastMs: number;
  events: number;
  eventsBefore: number;
  /** The longest silence. */
  longestMs: number;
  longestBeforeMs: number;
  periodEndsMs: number;
}

const PERIOD_MS = 1_800_000; // at least; what happened an hour ago says little about how lively a market is now
const LEARNED_EVENTS = 50; // fewer say nothing about how often a stream speaks, so a thin one's period is as long as they take
const LIVELY_EVENTS = 1_000; // so many are no burst of a quiet symbol
const NEVER_MEANS = 21; // mean silences: of events that come independently, one in 10^9 is longer …
const TIMES_LONGEST_MIN = 3; // … but markets come in bursts, and night falls
const LIVELY_SILENT_MS_MIN = 8_000; // even a lively market may pause for seconds

/**
 * How long each stream is silent, learned, so that one that has fallen silent is noticed and a quiet symbol is no alarm. Markets come in
 * bursts, so it is the longest silence of late that counts and not the mean one.
 */
export class Cadence {
  readonly #silentMsMin: number;
  readonly #livelyEvents: number;
  readonly #paces = new Map<string, Pace>();

  /** `silentMsMin`: nothing shorter counts until a stream is known to be lively, which `livelyEvents` say. */
  constructor(silentMsMin: number, livelyEvents = LIVELY_EVENTS) {
    this.#silentMsMin = silentMsMin;
    this.#livelyEvents = livelyEvents;
  }

  heard(stream: string, nowMs: number): void {
    const pace = this.#paces.get(stream);
    if (pace === undefined) {
      const periodEndsMs = nowMs + PERIOD_MS;
      this.#paces.set(stream, { lastMs: nowMs, events: 1, eventsBefore: 0, longestMs: 0, longestBeforeMs: 0, periodEndsMs });
      return;
    }
    const silentMs = nowMs - pace.lastMs;
    pace.lastMs = nowMs;
    if (nowMs >= pace.periodEndsMs && pace.events >= LEARNED_EVENTS) {
      pace.eventsBefore = pace.events;
      pace.longestBeforeMs = pace.longestMs;
      pace.events = 0;
      pace.longestMs = 0;
      pace.periodEndsMs = nowMs + PERIOD_MS;
    }
    pace.events++;
    if (silentMs > pace.longestMs) pace.longestMs = silentMs;
  }

  /** Is a silence of that length one that never happens? Undefined while too little was heard of the stream. */
  isUnheardOf(stream: string, silentMs: number): boolean | undefined {
    const pace = this.#paces.get(stream);
    const events = pace === undefined ? 0 : pace.events + pace.eventsBefore;
    if (pace === undefined || events < LEARNED_EVENTS) return undefined;
    const longestMs = Math.max(pace.longestMs, pace.longestBeforeMs);
    const floorMs = events < this.#livelyEvents ? this.#silentMsMin : Math.min(LIVELY_SILENT_MS_MIN, this.#silentMsMin);
    // The longest of n silences is about ln n mean ones.
    return silentMs >= Math.max(floorMs, Math.max(TIMES_LONGEST_MIN, NEVER_MEANS / Math.log(events)) * longestMs);
  }

  /** The first stream that has been silent for far longer than it ever is, and for how long. */
  silent(nowMs: number): { readonly stream: string; readonly silentMs: number } | undefined {
    for (const [stream, { lastMs }] of this.#paces) {
      const silentMs = nowMs - lastMs;
      if (this.isUnheardOf(stream, silentMs)) return { stream, silentMs };
    }
    return undefined;
  }
}
