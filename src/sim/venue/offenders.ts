/** Addresses whose connections were closed for sending too much: whoever goes on is turned away for a while, and nothing shortens it. */
export class Offenders {
  readonly #offencesMax: number;
  readonly #windowMs: number;
  readonly #banMs: number;
  readonly #addresses = new Map<string, { times: number[]; bannedUntilMs: number }>();

  constructor(limits: { readonly offencesMax: number; readonly connectWindowMs: number; readonly banMs: number }) {
    this.#offencesMax = limits.offencesMax;
    this.#windowMs = limits.connectWindowMs;
    this.#banMs = limits.banMs;
  }

  note(address: string, nowMs: number): void {
    let state = this.#addresses.get(address);
    if (state === undefined) this.#addresses.set(address, state = { times: [], bannedUntilMs: -Infinity });
    state.times = [...state.times.filter((time) => time > nowMs - this.#windowMs), nowMs];
    if (state.times.length <= this.#offencesMax) return;
    state.times = [];
    state.bannedUntilMs = nowMs + this.#banMs;
  }

  /** 0 where the address is welcome. */
  waitMs(address: string, nowMs: number): number {
    return Math.max(0, (this.#addresses.get(address)?.bannedUntilMs ?? -Infinity) - nowMs);
  }
}
