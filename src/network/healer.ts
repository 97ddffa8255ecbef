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

/**
 * Fills proven holes over REST, one request at a time within the source's weight, the oldest hole first. A hole the process ends with stays
 * `open` in its row.
 */
export class Healer {
  readonly #runtime: Runtime;
  readonly #rest: Rest;
  readonly #codec: Codec;
  readonly #signal: AbortSignal;
  #last: Promise<unknown> = Promise.resolve();

  constructor(runtime: Runtime, rest: Rest, codec: Codec, signal: AbortSignal) {
    this.#runtime = runtime;
    this.#rest = rest;
    this.#codec = codec;
    this.#signal = signal;
  }

  /** Resolves with what became of the hole, or undefined when the process ends first. Never rejects. */
  heal(hole: HoleToHeal): Promise<Healing | undefined> {
    const healing = this.#last.then(() => this.#heal(hole));
    this.#last = healing;
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
    const count = Math.min(heal.countMax, beforeId - afterId - 1);
    const answer = await this.#rest.get(heal.path(symbol, afterId + 1, count), heal.weight);
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
}
