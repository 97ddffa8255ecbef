const LEARNED_EVENTS = 50; // fewer say nothing about how often a stream speaks
const SILENT_MEANS = 50; // times its mean interval: for events that come independently, once in e^50
const WEIGHT = 0.05; // of the newest interval: the last twenty or so count

interface Stream {
  lastMs: number;
  meanMs: number;
  events: number;
}

/**
 * How often each stream speaks, learned, so that one that has fallen silent is noticed and a quiet symbol is no alarm. Markets come in
 * bursts: nothing shorter than `silentMsMin` counts.
 */
export class Cadence {
  readonly #silentMsMin: number;
  readonly #streams = new Map<string, Stream>();

  constructor(silentMsMin: number) {
    this.#silentMsMin = silentMsMin;
  }

  /** Is a silence of that length one that never happens? Undefined while too little was heard of the stream. */
  isUnheardOf(stream: string, silentMs: number): boolean | undefined {
    const known = this.#streams.get(stream);
    if (known === undefined || known.events < LEARNED_EVENTS) return undefined;
    return silentMs >= Math.max(this.#silentMsMin, SILENT_MEANS * known.meanMs);
  }

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
    for (const [stream, { lastMs }] of this.#streams) {
      const silentMs = nowMs - lastMs;
      if (this.isUnheardOf(stream, silentMs)) return { stream, silentMs };
    }
    return undefined;
  }
}
