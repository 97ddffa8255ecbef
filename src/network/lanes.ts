import type { Binding } from "./binding.ts";

/**
 * Which streams share a socket. Stable under change: a stream stays in its lane as long as it lives, a new one takes the first free place,
 * and the lanes that got one are named, because only their workers must be replaced. A stream that goes leaves its place free; its worker
 * keeps the silent subscription until its next replacement.
 */
export class Lanes {
  readonly #streamsMax: number;
  readonly #lanes: Map<string, Binding>[] = [];

  constructor(streamsMax: number) {
    this.#streamsMax = streamsMax;
  }

  get size(): number {
    return this.#lanes.length;
  }

  bindings(lane: number): readonly Binding[] {
    return [...this.#lanes[lane]!.values()];
  }

  add(bindings: Iterable<Binding>): Set<number> {
    const changed = new Set<number>();
    let lane = 0;
    for (const binding of bindings) {
      while (lane < this.#lanes.length && this.#lanes[lane]!.size >= this.#streamsMax) lane++;
      if (lane === this.#lanes.length) this.#lanes.push(new Map());
      this.#lanes[lane]!.set(binding.path, binding);
      changed.add(lane);
    }
    return changed;
  }

  remove(paths: Iterable<string>): void {
    for (const path of paths) for (const lane of this.#lanes) if (lane.delete(path)) break;
  }
}
