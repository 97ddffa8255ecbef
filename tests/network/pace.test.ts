import assert from "node:assert/strict";
import { test } from "node:test";
import { Pace } from "../../src/network/pace.ts";
import { SeededRandom } from "../../src/sim/world/seeded_random.ts";

const HOUR_MS = 3_600_000;
const FLOOR_MS = 30_000;

/** Speaks at random with that mean interval; after each event, asks as often as the recorder does. Returns alarms and the time it ended. */
function speak(
  pace: Pace,
  random: SeededRandom,
  hours: number,
  intervalMs: (nowMs: number) => number,
): { alarms: number; nowMs: number } {
  let alarms = 0;
  let nowMs = 0;
  while (nowMs < hours * HOUR_MS) {
    pace.heard(nowMs);
    const nextMs = nowMs - intervalMs(nowMs) * Math.log(1 - random.float());
    if (pace.silentMs(nextMs) !== undefined) alarms++;
    nowMs = nextMs;
  }
  return { alarms, nowMs };
}

test("a stream that speaks at random, at any pace, raises no alarm in a day", () => {
  for (const [i, meanMs] of [20, 100, 400, 1_000, 3_000, 20_000, 120_000].entries()) {
    const { alarms } = speak(new Pace(FLOOR_MS), new SeededRandom(i, "pace"), 24, () => meanMs);
    assert.equal(alarms, 0, `mean interval ${meanMs} ms`);
  }
});

test("a market that dies down for the night and wakes again raises no alarm", () => {
  const { alarms } = speak(
    new Pace(FLOOR_MS),
    new SeededRandom(1, "night"),
    48,
    (nowMs) => 50 * 10 ** (1.5 * (1 - Math.cos(nowMs / (12 * HOUR_MS) * Math.PI))),
  );
  assert.equal(alarms, 0);
});

test("a burst on a quiet symbol makes no lively one of it", () => {
  const pace = new Pace(FLOOR_MS);
  for (let i = 0; i < 30; i++) pace.heard(i * 60_000);
  for (let i = 0; i < 200; i++) pace.heard(30 * 60_000 + i);
  assert.equal(pace.silentMs(30 * 60_000 + 120_000), undefined);
});

test("one that falls silent is noticed: within 10 s where it is lively, and in five times its longest silence where it is not", () => {
  for (const [meanMs, withinMs] of [[20, 10_000], [200, 10_000], [1_000, 40_000], [5_000, 200_000]] as const) {
    const pace = new Pace(FLOOR_MS);
    const random = new SeededRandom(meanMs, "mute");
    const lastMs = speak(pace, random, 1.5, () => meanMs).nowMs;
    pace.heard(lastMs);
    assert.equal(pace.silentMs(lastMs + withinMs), withinMs, `mean interval ${meanMs} ms`);
  }
});
