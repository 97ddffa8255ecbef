/**
 * Waits between attempts: exponential with full jitter, so that a thousand recorders cut at once come back spread out.
 * The first attempt after a success waits only a fraction of `baseMs`.
 */
export class Backoff {
  readonly #baseMs: number;
  readonly #maxMs: number;
  readonly #random: () => number;
  #failures = 0;

  constructor(options: { readonly baseMs: number; readonly maxMs: number }, random: () => number) {
    this.#baseMs = options.baseMs;
    this.#maxMs = options.maxMs;
    this.#random = random;
  }

  get failures(): number {
    return this.#failures;
  }

  succeeded(): void {
    this.#failures = 0;
  }

  /** The wait before the next attempt, in ms; counts a failure. */
  failed(): number {
    const ceilingMs = Math.min(this.#maxMs, this.#baseMs * 2 ** this.#failures);
    this.#failures++;
    return this.#random() * ceilingMs;
  }
}
