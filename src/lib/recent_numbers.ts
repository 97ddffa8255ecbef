const KEPT = 64;

/** The last few numbers of a stream, so that one that comes late can be told from one that comes again. */
export class RecentNumbers {
  readonly #numbers = new Float64Array(KEPT).fill(NaN);
  #at = 0;

  add(number: number): void {
    this.#numbers[this.#at] = number;
    this.#at = (this.#at + 1) % KEPT;
  }

  /** It lies among them and is none of them; of what is older than all of them nothing is known. */
  lacks(number: number): boolean {
    let hasOlder = false;
    for (const each of this.#numbers) {
      if (each === number) return false;
      if (each < number) hasOlder = true;
    }
    return hasOlder;
  }
}
