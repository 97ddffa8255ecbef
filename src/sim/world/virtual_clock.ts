import type { Clock, Timers } from "../../runtime/runtime.ts";
import { US_PER_MS } from "../../lib/time.ts";
import type { EventLoop } from "./event_loop.ts";
import type { Lifetime } from "./lifetime.ts";

const DELAY_MS_MIN = 1; // of a timer in both runtimes: its turn's end comes first

/** The clocks of one machine. Its wall clock can be set, its monotonic one cannot. */
export class VirtualClock implements Clock {
  readonly #loop: EventLoop;
  #offsetUs: number;

  constructor(loop: EventLoop, startTime: number) {
    this.#loop = loop;
    this.#offsetUs = startTime;
  }

  wallTime(): number {
    return this.#loop.nowUs + this.#offsetUs;
  }

  monotonicMs(): number {
    return this.#loop.nowUs / US_PER_MS;
  }

  stepWall(ms: number): void {
    this.#offsetUs += Math.round(ms * US_PER_MS);
  }
}

/** The timers of one process or thread: gone with it. */
export function virtualTimers(loop: EventLoop, life: Lifetime): Timers {
  const plan = (delayMs: number, run: () => void) =>
    loop.at(loop.nowUs + Math.round(Math.max(DELAY_MS_MIN, delayMs) * US_PER_MS), run, life);
  return {
    after: plan,
    every(periodMs, run) {
      const again = () => {
        cancel = plan(periodMs, again);
        run();
      };
      let cancel = plan(periodMs, again);
      return () => cancel();
    },
    turn: (run) => loop.turn(run, life),
  };
}
