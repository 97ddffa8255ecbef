import { type DayWindow, lastWindow } from "../lib/day_window.ts";
import { US_PER_MS } from "../lib/time.ts";

const FROM = 0.7; // of the age limit: workers that opened together are not replaced together …
const TO = 0.95; // … and none waits for the last moment
const WINDOW_TO = 0.99; // a window comes once a day, so with one the limit may be used up …
const WINDOW_AGE_MS_MIN = 3_600_000; // … and a young worker waits for the window's next day, if that comes in time

export interface RotationRule {
  readonly ageMaxMs: number;
  /** Rotations by age happen within it, as far as it comes before the age limit; the limit wins. */
  readonly window: DayWindow | undefined;
}

/**
 * How long from now a worker that opened `ageMs` ago may stay, by its age alone. `time`: now, wall clock. `draw`: uniform in [0, 1), so that
 * workers spread over the time there is.
 */
export function rotationDelayMs({ ageMaxMs, window }: RotationRule, ageMs: number, time: number, draw: number): number {
  const inAge = (from: number, to: number) => Math.max(0, ageMaxMs * (from + (to - from) * draw) - ageMs);
  if (window === undefined) return inAge(FROM, TO);
  const soonestMs = Math.max(0, Math.min(WINDOW_AGE_MS_MIN, ageMaxMs / 4) - ageMs);
  const latestMs = Math.max(0, ageMaxMs * WINDOW_TO - ageMs);
  const stretch = lastWindow(window, time + soonestMs * US_PER_MS, time + latestMs * US_PER_MS);
  if (stretch === undefined) return inAge(FROM, TO);
  return (stretch[0] + (stretch[1] - stretch[0]) * draw - time) / US_PER_MS;
}
