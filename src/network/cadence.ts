const LEARNED_EVENTS = 50; // fewer say nothing about how often a stream speaks
const SILENT_MEANS = 50; // times its mean interval: for events that come independently, once in e^50
const SILENT_MS_MIN = 30_000; // markets come in bursts: even a lively stream may pause for seconds
const WEIGHT = 0.05; // of the newest interval: the last twenty or so count

interface Stream {
  lastMs: number;
  meanMs: number;
  events: number;
}

/**
 * How often each stream of a socket speaks, learned, so that one that has fallen silent among lively ones is noticed and a quiet symbol is
 * no alarm.
 */
export class Cadence {
  readonly #streams = new Map<string, Stream>();

  heard(stream: string, nowMs: number): void {
    const known = this.#streams.get(stream);
    if (known === undefined) {
      this.#streams.set(stream, { lastMs: nowMs, meanMs: 0, events: 1 });
      return;
    }
    const intervalMs = nowMs - known.lastMs;
    known.meanMs = known.events === 1 ? intervalMs : known.meanMs + WEIGHT * (intervalMs - known.meanMs);
    known.lastMs = nowMs;
    known.events++;
  }

  /** The first stream that has been silent for far longer than it ever is, and for how long. */
  silent(nowMs: number): { readonly stream: string; readonly silentMs: number } | undefined {
    for (const [stream, { lastMs, meanMs, events }] of this.#streams) {
      const silentMs = nowMs - lastMs;
      if (events >= LEARNED_EVENTS && silentMs >= Math.max(SILENT_MS_MIN, SILENT_MEANS * meanMs)) return { stream, silentMs };
    }
    return undefined;
  }
}
