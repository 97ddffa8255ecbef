import type { Cancel, Timers } from "./runtime.ts";

const DELAY_MS_MAX = 2_147_483_647; // both runtimes run a longer delay at once

export const nodeTimers: Timers = {
  after(delayMs, run): Cancel {
    let timer = arm(delayMs);
    return () => clearTimeout(timer);

    function arm(leftMs: number): ReturnType<typeof setTimeout> {
      if (leftMs <= DELAY_MS_MAX) return setTimeout(run, Math.max(0, leftMs));
      return setTimeout(() => timer = arm(leftMs - DELAY_MS_MAX), DELAY_MS_MAX);
    }
  },
  every(periodMs, run): Cancel {
    const timer = setInterval(run, periodMs);
    return () => clearInterval(timer);
  },
  turn(run) {
    setImmediate(run);
  },
};
