import type { Cancel, Timers } from "../../src/runtime/runtime.ts";

/** Timers a test moves by hand, for units below the simulated world: nothing runs until the test says so. Turns run on the next microtask, as a real turn's end would. */
export class ManualTimers implements Timers {
  #nowMs = 0;
  #order = 0;
  #due: { at: number; order: number; run: () => void }[] = [];

  get nowMs(): number {
    return this.#nowMs;
  }

  after(delayMs: number, run: () => void): Cancel {
    const entry = { at: this.#nowMs + delayMs, order: this.#order++, run };
    this.#due.push(entry);
    return () => {
      this.#due = this.#due.filter((each) => each !== entry);
    };
  }

  every(periodMs: number, run: () => void): Cancel {
    let cancel: Cancel = () => {};
    const again = () => {
      run();
      cancel = this.after(periodMs, again);
    };
    cancel = this.after(periodMs, again);
    return () => cancel();
  }

  turn(run: () => void): void {
    queueMicrotask(run);
  }

  async advance(ms: number): Promise<void> {
    const until = this.#nowMs + ms;
    for (;;) {
      const next = this.#due.filter((each) => each.at <= until).sort((a, b) => a.at - b.at || a.order - b.order)[0];
      if (next === undefined) break;
      this.#due = this.#due.filter((each) => each !== next);
      this.#nowMs = next.at;
      next.run();
      await settled();
    }
    this.#nowMs = until;
    await settled();
  }
}

/** Promise chains of a few links run to their end. */
async function settled(): Promise<void> {
  for (let i = 0; i < 8; i++) await Promise.resolve();
}
