import type { Random } from "../../runtime/runtime.ts";
import { keyOf, mix } from "../venue/mix.ts";

/** A sequence of its own for each purpose, so that one more draw here changes nothing there. Not for secrets. */
export class SeededRandom implements Random {
  readonly #key: number;
  #draws = 0;

  constructor(seed: number, ...purpose: readonly string[]) {
    this.#key = keyOf(seed, "random", ...purpose);
  }

  float(): number {
    return mix(this.#key, this.#draws++) / 2 ** 32;
  }

  bytes(count: number): Uint8Array {
    return Uint8Array.from({ length: count }, () => this.float() * 256);
  }

  /** A whole number in [0, below). */
  below(below: number): number {
    return Math.floor(this.float() * below);
  }
}
