/** socket ▸ worker ▸ codec ▸ router ▸ path.  Beside them: a hole the venue still has the events of. Out: those events, of origin `heal`. */
import type { EventBase } from "../events/event_type.ts";
import type { Codec } from "../exchanges/codec.ts";
import type { Channel, Heal, Rest } from "../exchanges/source.ts";
import { DecodeError, RestError } from "../lib/errors.ts";
import { sleep } from "../lib/sleep.ts";
import type { Runtime } from "../runtime/runtime.ts";

export interface HoleToHeal {
  // deno-lint-ignore no-explicit-any -- channels of all event types; the registry is the documented exception
  readonly channel: Channel<any, any>;
  /** The venue's own spelling. */
  readonly symbol: string;
  readonly afterId: number;
  readonly beforeId: number;
  /** Takes what was found, in order, as it comes. */
  fill(events: readonly EventBase[]): void;
}

/** `healed`: every id that was missing. `unhealable`: the venue did not give the rest, for the reason named. */
export interface Healing {
  readonly outcome: "healed" | "unhealable";
  readonly rows: number;
  readonly why: string | undefined;
}

const TRIES_MAX = 8; // without progress: the venue's database trails its tape by seconds, and a REST outage lasts minutes
const WAIT_MS = 500; // doubled each time: a minute and a half in all
const WAIT_MS_MAX = 30_000;

const REQUESTS_MAX = 3; // at once: one answer that takes its ten seconds holds up nothing
const MISSING_MAX = 1_000_000; // of one hole: a thousand requests of Binance spot, six minutes of all its weight
const HOLES_MAX = 10_000; // an hour of requests

/**
 * Fills proven holes over REST within the source's weight, the smallest hole first, so that a long outage of one symbol does not keep the
 * others waiting. A hole the process ends with stays `open` in its row.
 */
export class Healer {
  readonly #runtime: Runtime;
  readonly #rest: Rest;
  readonly #codec: Codec;
  readonly #signal: AbortSignal;
  /** Requests that wait, those of the smallest holes first. */
  readonly #waiting: { readonly missing: number; readonly start: () => void }[] = [];
  #requests = 0;
  #holes = 0;

  constructor(runtime: Runtime, rest: Rest, codec: Codec, signal: AbortSignal) {
    this.#runtime = runtime;
    this.#rest = rest;
    this.#codec = codec;
    this.#signal = signal;
  }

  /** Resolves with what became of the hole, or undefined when the process ends first. Never rejects. */
  async heal(hole: HoleToHeal): Promise<Healing | undefined> {
    const missing = hole.beforeId - hole.afterId - 1;
    if (missing > MISSING_MAX) return { outcome: "unhealable", rows: 0, why: `${missing} are missing, ${MISSING_MAX} are fetched at most` };
    if (this.#holes >= HOLES_MAX) return { outcome: "unhealable", rows: 0, why: `${HOLES_MAX} other holes wait already` };
    this.#holes++;
    const healing = await this.#heal(hole);
    this.#holes--;
    return healing;
  }

  async #heal(hole: HoleToHeal): Promise<Healing | undefined> {
    const heal = hole.channel.heal as Heal<EventBase, unknown>;
    let afterId = hole.afterId;
    let rows = 0;
    let why = "";
    for (let tries = 0; tries < TRIES_MAX && !this.#signal.aborted;) {
      try {
        const events = await this.#fetch(heal, hole, afterId);
        if (events.length > 0) {
          hole.fill(events);
          rows += events.length;
          afterId = hole.channel.event.sequenceKey(events.at(-1)!)![1];
          tries = 0;
        }
        if (afterId === hole.beforeId - 1) return { outcome: "healed", rows, why: undefined };
        if (events.length > 0) continue;
        why = `the venue gives nothing after ${afterId}`;
      } catch (error) {
        if (!(error instanceof RestError || error instanceof DecodeError)) throw error;
        if (this.#signal.aborted) return undefined;
        why = error.message;
      }
      await sleep(this.#runtime.timers, Math.min(WAIT_MS_MAX, WAIT_MS * 2 ** tries++), this.#signal);
    }
    return this.#signal.aborted ? undefined : { outcome: "unhealable", rows, why };
  }

  /** The next stretch without a hole of its own. */
  async #fetch(heal: Heal<EventBase, unknown>, { channel, symbol, beforeId }: HoleToHeal, afterId: number): Promise<EventBase[]> {
    const missing = beforeId - afterId - 1;
    const answer = await this.#turn(
      missing,
      () => this.#rest.get(heal.path(symbol, afterId + 1, Math.min(heal.countMax, missing)), heal.weight),
    );
    const events = this.#codec.healed(heal, symbol, answer, this.#runtime.clock.wallTime());
    const fitting: EventBase[] = [];
    let previous = afterId;
    for (const event of events) {
      const [first, last] = channel.event.sequenceKey(event) ?? [NaN, NaN];
      if (first !== previous + 1 || last >= beforeId) break;
      fitting.push(event);
      previous = last;
    }
    return fitting;
  }

  async #turn<T>(missing: number, request: () => Promise<T>): Promise<T> {
    if (this.#requests < REQUESTS_MAX) this.#requests++;
    else {
      await new Promise<void>((start) => {
        const at = this.#waiting.findIndex((each) => each.missing > missing);
        this.#waiting.splice(at < 0 ? this.#waiting.length : at, 0, { missing, start });
      });
    }
    try {
      return await request();
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#requests--;
      else next.start();
    }
  }
}
