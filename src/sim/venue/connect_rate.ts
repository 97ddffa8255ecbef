/** Attempts an address may make in a sliding window; refused ones count too, so hammering never gets through. */
export class ConnectRate {
  readonly #attemptsMax: number;
  readonly #windowMs: number;
  readonly #attempts = new Map<string, number[]>();

  constructor(attemptsMax: number, windowMs: number) {
    this.#attemptsMax = attemptsMax;
    this.#windowMs = windowMs;
  }

  /** Notes an attempt: 0 where it may go on, else the wait until one may. */
  attempt(address: string, nowMs: number): number {
    let times = this.#attempts.get(address);
    if (times === undefined) this.#attempts.set(address, times = []);
    while (times.length > 0 && times[0]! <= nowMs - this.#windowMs) times.shift();
    times.push(nowMs);
    if (times.length <= this.#attemptsMax) return 0;
    times.splice(0, times.length - this.#attemptsMax - 1); // memory stays bounded under a storm
    return this.#windowMs - (nowMs - times[1]!); // in this order a fraction of a millisecond cannot round it above the window
  }
}
