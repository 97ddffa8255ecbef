/**
 * Which chunks a day file contains, per generation: `"{hash}:1-41,{hash2}:1-3.5-7"`. It stands in the file's footer, so data and watermark
 * commit together, and merging a chunk twice adds nothing. Ranges, so that a skipped chunk stays visible.
 */
export class Watermark {
  readonly #ranges: Map<string, [first: number, last: number][]>;

  private constructor(ranges: Map<string, [first: number, last: number][]>) {
    this.#ranges = ranges;
  }

  static empty(): Watermark {
    return new Watermark(new Map());
  }

  /** Undefined for a text that is no watermark. */
  static parse(text: string): Watermark | undefined {
    const ranges = new Map<string, [number, number][]>();
    for (const part of text === "" ? [] : text.split(",")) {
      const [, hash, list] = /^([\w-]+):(\d+-\d+(?:\.\d+-\d+)*)$/.exec(part) ?? [];
      if (hash === undefined || list === undefined) return undefined;
      ranges.set(hash, list.split(".").map((range) => range.split("-").map(Number) as [number, number]));
    }
    return new Watermark(ranges);
  }

  has(hash: string, chunk: number): boolean {
    return this.#ranges.get(hash)?.some(([first, last]) => first <= chunk && chunk <= last) ?? false;
  }

  /** Chunks that this one has and the other lacks; undefined where there are more than `countMax`. */
  beyond(other: Watermark, countMax: number): (readonly [hash: string, chunk: number])[] | undefined {
    const found: [string, number][] = [];
    for (const [hash, list] of this.#ranges) {
      for (const [first, last] of list) {
        if (last - first >= 10 * countMax) return undefined;
        for (let chunk = first; chunk <= last; chunk++) if (!other.has(hash, chunk)) found.push([hash, chunk]);
        if (found.length > countMax) return undefined;
      }
    }
    return found;
  }

  with(hash: string, chunks: readonly number[]): Watermark {
    if (chunks.length === 0) return this;
    const ranges = new Map(this.#ranges);
    let list = [...(ranges.get(hash) ?? [])];
    for (const chunk of chunks) list = inserted(list, chunk);
    ranges.set(hash, list);
    return new Watermark(ranges);
  }

  toString(): string {
    return [...this.#ranges].map(([hash, list]) => `${hash}:${list.map(([first, last]) => `${first}-${last}`).join(".")}`).join(",");
  }
}

function inserted(list: readonly [number, number][], chunk: number): [number, number][] {
  const merged: [number, number][] = [];
  for (const range of [...list, [chunk, chunk] as [number, number]].sort((a, b) => a[0] - b[0])) {
    const previous = merged.at(-1);
    if (previous !== undefined && range[0] <= previous[1] + 1) previous[1] = Math.max(previous[1], range[1]);
    else merged.push([range[0], range[1]]);
  }
  return merged;
}
