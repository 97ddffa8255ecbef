import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { type DayWindow, formatDayWindow, parseDayWindow } from "../../src/lib/day_window.ts";
import { US_PER_DAY, US_PER_MS } from "../../src/lib/time.ts";
import { rotationDelayMs } from "../../src/network/rotation.ts";

const HOUR_MS = 3_600_000;
const MINUTE_US = 60_000_000;
const windows = fc.record({ from: fc.nat({ max: 1_439 }), to: fc.nat({ max: 1_439 }) })
  .filter(({ from, to }) => from !== to)
  .map(({ from, to }): DayWindow => ({ from: from * MINUTE_US, to: to * MINUTE_US }));
const times = fc.integer({ min: 0, max: 3 * US_PER_DAY }).map((us) => 20_000 * US_PER_DAY + us);
const draws = fc.double({ min: 0, max: 0.999_999, noNaN: true });

function isInside({ from, to }: DayWindow, time: number): boolean {
  const at = (time - from + US_PER_DAY) % US_PER_DAY;
  return at <= (to - from + US_PER_DAY) % US_PER_DAY + US_PER_MS || US_PER_DAY - at < US_PER_MS;
}

test("a worker is replaced before its age limit, whatever the window", () => {
  fc.assert(
    fc.property(fc.option(windows, { nil: undefined }), fc.integer({ min: 1_000, max: 24 * HOUR_MS }), times, draws, draws, (
      window,
      ageMaxMs,
      time,
      draw,
      used,
    ) => {
      const ageMs = Math.floor(used * ageMaxMs);
      const delayMs = rotationDelayMs({ ageMaxMs, window }, ageMs, time, draw);
      assert.ok(delayMs >= 0 && ageMs + delayMs <= ageMaxMs, `${delayMs}`);
    }),
    { seed: 1, numRuns: 2_000 },
  );
});

test("a worker that may live for a day is replaced inside the window, over and over", () => {
  fc.assert(
    fc.property(
      windows.filter(({ from, to }) => (to - from + US_PER_DAY) % US_PER_DAY >= 150 * MINUTE_US),
      times,
      fc.infiniteStream(draws),
      (
        window,
        start,
        draw,
      ) => {
        const ageMaxMs = 24 * HOUR_MS - 1;
        let time = start;
        for (let i = 0; i < 10; i++) {
          time += rotationDelayMs({ ageMaxMs, window }, 0, time, draw.next().value) * US_PER_MS;
          assert.ok(isInside(window, time), `rotation ${i} at ${new Date(time / 1_000).toISOString()}, window ${formatDayWindow(window)}`);
        }
        assert.ok(time - start > 4 * US_PER_DAY, "not more than two a day");
      },
    ),
    { seed: 2, numRuns: 500 },
  );
});

test("workers of one moment spread over the time there is", () => {
  const ageMaxMs = 12 * HOUR_MS;
  const at = (draw: number) => rotationDelayMs({ ageMaxMs, window: undefined }, 0, 20_000 * US_PER_DAY, draw) / HOUR_MS;
  assert.deepEqual([at(0), at(0.5)].map((hours) => Number(hours.toFixed(2))), [8.4, 9.9]);
  const window = parseDayWindow("02:00-05:00")!;
  const inWindow = (draw: number) =>
    rotationDelayMs({ ageMaxMs: 23 * HOUR_MS, window }, 0, 20_000 * US_PER_DAY + 20 * HOUR_MS * 1_000, draw) / HOUR_MS;
  assert.deepEqual([inWindow(0), inWindow(0.5)], [6, 7.5]);
});

test("a window is two times of the day, over midnight too, and nothing else", () => {
  fc.assert(fc.property(windows, (window) => assert.deepEqual(parseDayWindow(formatDayWindow(window)), window)), { seed: 3 });
  for (const text of ["", "2:00-5:00", "02:00-02:00", "24:00-05:00", "02:60-05:00", "02:00 - 05:00", "02:00-05:00 ", "now"]) {
    assert.equal(parseDayWindow(text), undefined, text);
  }
});
