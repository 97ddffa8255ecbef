const FEW = 128; // a view of an array costs as much as copying so many one by one

/** Numbers one after the other in an array that grows by doubling. */
export class GrowingNumbers {
  /** Those from `length` on mean nothing. Another one after a call that made room. */
  values = new Float64Array(0);
  length = 0;

  /** Makes room for so many more; the caller writes them. Returns where they begin. */
  extend(count: number, roomMin: number): number {
    const from = this.length;
    const length = from + count;
    if (length > this.values.length) {
      const grown = new Float64Array(Math.max(length, roomMin, 2 * this.values.length));
      grown.set(this.values);
      this.values = grown;
    }
    this.length = length;
    return from;
  }

  /** What another one has from `from` on. */
  pushFrom(other: GrowingNumbers, from: number): void {
    const count = other.length - from;
    const source = other.values;
    let at = this.extend(count, 0);
    if (count > FEW) this.values.set(source.subarray(from, other.length), at);
    else for (let i = from; i < other.length; i++) this.values[at++] = source[i]!;
  }

  /** Empties it, and gives its memory back where there is room for more than `keptMax` numbers, or for twice as many as there were. */
  clear(keptMax: number): void {
    if (this.values.length > Math.min(keptMax, 2 * this.length)) this.values = new Float64Array(0);
    this.length = 0;
  }
}
