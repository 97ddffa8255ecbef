import type { Clock } from "./runtime.ts";

const LOOK_MS = 1; // a clock that is set is noticed so much later: every frame is stamped, and each look costs it as much again

/**
 * µs from a clock that ticks in ms: the monotonic clock supplies the fraction, `Date.now` the bounds. A reading outside the current
 * millisecond means that the machine's clock was set (or that we were suspended between two reads), and moves the anchor.
 */
export function wallClock(dateNow: () => number = Date.now, monotonicMs: () => number = () => performance.now()): Clock {
  let anchorUs = dateNow() * 1_000 - monotonicMs() * 1_000;
  let lookedMs = -Infinity;
  return {
    monotonicMs,
    wallTime() {
      const nowMs = monotonicMs();
      if (nowMs - lookedMs < LOOK_MS) return Math.floor(anchorUs + nowMs * 1_000);
      lookedMs = nowMs;
      const floorUs = dateNow() * 1_000;
      const time = Math.floor(anchorUs + monotonicMs() * 1_000);
      if (time >= floorUs && time < floorUs + 1_000) return time;
      return time < floorUs ? moved(floorUs - time, floorUs) : reanchored();
    },
  };

  /** Behind by less than a tick while the phase is still being learnt; by more after a step. */
  function moved(byUs: number, time: number): number {
    anchorUs += byUs;
    return time;
  }

  /** Ahead: read both again, because a pause between the two reads looks the same as a step back. */
  function reanchored(): number {
    const floorUs = dateNow() * 1_000;
    const elapsedUs = monotonicMs() * 1_000;
    const time = Math.floor(anchorUs + elapsedUs);
    if (time >= floorUs && time < floorUs + 1_000) return time;
    anchorUs = floorUs - elapsedUs;
    return floorUs;
  }
}
