import type { VenueLimits } from "../../exchanges/dialect.ts";
import { US_PER_MS, US_PER_S } from "../../lib/time.ts";

const US_PER_MINUTE = 60 * US_PER_S;
/** Requests after the first 429 of a minute until the address is banned; the venue says only that it bans who goes on. */
const REFUSED_MAX = 10;

interface Address {
  minute: number;
  used: number;
  refused: number;
  bans: number;
  bannedUntil: number;
}

export type Verdict =
  | { readonly status: 200; readonly used: number }
  | { readonly status: 429 | 418; readonly used: number; readonly untilTime: number; readonly retryAfterSeconds: number };

/** Weight in fixed minutes of the wall clock for each address; whoever goes on after a 429 is banned, twice as long each time. */
export class RestLimiter {
  readonly #limits: VenueLimits;
  readonly #addresses = new Map<string, Address>();

  constructor(limits: VenueLimits) {
    this.#limits = limits;
  }

  spend(address: string, weight: number, now: number): Verdict {
    const state = this.#address(address);
    if (now < state.bannedUntil) return refused(418, state.used, state.bannedUntil, now);
    const minute = Math.floor(now / US_PER_MINUTE);
    if (minute !== state.minute) {
      state.minute = minute;
      state.used = 0;
      state.refused = 0;
    }
    state.used += weight;
    if (state.used <= this.#limits.weightPerMinute) return { status: 200, used: state.used };
    state.refused++;
    if (state.refused <= REFUSED_MAX) return refused(429, state.used, (minute + 1) * US_PER_MINUTE, now);
    state.bannedUntil = now + Math.min(this.#limits.banMs * 2 ** state.bans, this.#limits.banMsMax) * US_PER_MS;
    state.bans++;
    return refused(418, state.used, state.bannedUntil, now);
  }

  #address(name: string): Address {
    let state = this.#addresses.get(name);
    if (state === undefined) this.#addresses.set(name, state = { minute: -1, used: 0, refused: 0, bans: 0, bannedUntil: 0 });
    return state;
  }
}

function refused(status: 429 | 418, used: number, untilTime: number, now: number): Verdict {
  return { status, used, untilTime, retryAfterSeconds: Math.ceil((untilTime - now) / US_PER_S) };
}
