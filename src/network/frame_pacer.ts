import type { Cancel, Timers } from "../runtime/runtime.ts";

/** Sends control frames one at a time, evenly below the venue's frames per second, so that pings and pongs have room too. */
export class FramePacer {
  readonly #timers: Timers;
  readonly #spacingMs: number;
  readonly #send: (text: string) => void;
  readonly #queue: string[] = [];
  #wait: Cancel | undefined;

  constructor(timers: Timers, framesPerSecondMax: number, send: (text: string) => void) {
    this.#timers = timers;
    this.#spacingMs = 1_000 / Math.max(1, framesPerSecondMax - 2);
    this.#send = send;
  }

  push(text: string): void {
    this.#queue.push(text);
    if (this.#wait === undefined) this.#next();
  }

  stop(): void {
    this.#wait?.();
    this.#queue.length = 0;
  }

  #next(): void {
    const text = this.#queue.shift();
    if (text === undefined) {
      this.#wait = undefined;
      return;
    }
    this.#send(text);
    this.#wait = this.#timers.after(this.#spacingMs, () => this.#next());
  }
}
