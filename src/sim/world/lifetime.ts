import type { Cancel } from "../../runtime/runtime.ts";

/** `exit`: the system cleans up behind it (sockets are reset, locks fall). `power`: nobody does. */
export type End = "exit" | "power";

/** A process or a thread of the simulated world. What belongs to it (timers, sockets, open files) stops with it, in the middle of anything. */
export class Lifetime {
  readonly #parent: Lifetime | undefined;
  readonly #fault: (error: unknown) => void;
  readonly #watchers = new Set<(end: End) => void>();
  #pausedUntilUs = 0;
  #isOver = false;

  /** `fault` hears what its code throws and does not catch. */
  constructor(fault: (error: unknown) => void, parent?: Lifetime) {
    this.#fault = fault;
    this.#parent = parent;
    parent?.onEnd((end) => this.end(end));
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  /** Until then none of its code runs, as if the system had stopped it. */
  get pausedUntilUs(): number {
    return Math.max(this.#pausedUntilUs, this.#parent?.pausedUntilUs ?? 0);
  }

  pauseUntil(timeUs: number): void {
    this.#pausedUntilUs = Math.max(this.#pausedUntilUs, timeUs);
  }

  onEnd(run: (end: End) => void): Cancel {
    this.#watchers.add(run);
    return () => void this.#watchers.delete(run);
  }

  end(end: End): void {
    if (this.#isOver) return;
    this.#isOver = true;
    const watchers = [...this.#watchers];
    this.#watchers.clear();
    for (const watcher of watchers) watcher(end);
  }

  fault(error: unknown): void {
    if (!this.#isOver) this.#fault(error);
  }
}
