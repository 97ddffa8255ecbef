import assert from "node:assert/strict";
import { test } from "node:test";
import { US_PER_MS } from "../../src/lib/time.ts";
import { Lag } from "../../src/network/lag.ts";

const START = 1_795_000_000_000_000;
const LOOK_MS = 1_000;
const PERIOD_MS = 300_000;

/** A socket looked at every second, whose newest event is as old as `lagMs` says. Returns what each look told. */
function looks(lag: Lag, fromMs: number, lagsMs: readonly number[], everyMs = LOOK_MS): (number | undefined)[] {
  return lagsMs.map((lagMs, i) => {
    const nowMs = fromMs + i * everyMs;
    const recvTime = START + nowMs * US_PER_MS;
    lag.heard(recvTime - lagMs * US_PER_MS, recvTime, nowMs);
    return lag.look(nowMs);
  });
}

const steady = (count: number, lagMs = 50) => Array.from({ length: count }, () => lagMs);

test("a socket that falls behind by five seconds is told of at the third look, and one late burst is not", () => {
  const lag = new Lag(LOOK_MS);
  assert.deepEqual(looks(lag, 0, [...steady(10), 9_000, 9_000, ...steady(10)]), steady(22).map(() => undefined));
  const told = looks(lag, 22_000, [5_049, 5_049, 5_049, 5_050, 5_051, 5_052]);
  assert.deepEqual(told.map((ms) => ms && Math.round(ms)), [undefined, undefined, undefined, undefined, undefined, 5_002]);
});

test("when it is us who are late, no socket lags", () => {
  const lag = new Lag(LOOK_MS);
  looks(lag, 0, steady(10));
  assert.deepEqual(looks(lag, 11_000, steady(10, 20_000), 2 * LOOK_MS), steady(10).map(() => undefined));
});

test("a socket that is behind when a period begins is measured by the best of the period before", () => {
  const lag = new Lag(LOOK_MS);
  looks(lag, 0, steady(PERIOD_MS / LOOK_MS));
  assert.deepEqual(looks(lag, PERIOD_MS, steady(4, 8_000)).map((ms) => ms && Math.round(ms)), [undefined, undefined, 7_950, 7_950]);
});

test("a clock that is an hour off changes nothing, and a time that is none is not measured", () => {
  const lag = new Lag(LOOK_MS);
  assert.deepEqual(looks(lag, 0, steady(10, 3_600_000)), steady(10).map(() => undefined));
  lag.heard(0, START, 10_000);
  assert.deepEqual(looks(lag, 10_000, steady(5, 3_600_000)), steady(5).map(() => undefined));
});
