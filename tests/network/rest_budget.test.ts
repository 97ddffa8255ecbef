import assert from "node:assert/strict";
import { test } from "node:test";
import { RestBudget, type RestSpent } from "../../src/network/rest_budget.ts";
import { ManualTimers } from "../support/manual_timers.ts";

const MINUTE = 1_795_000_020_000_000; // a full minute
const { signal } = new AbortController();

function bench(spent?: RestSpent, timers = new ManualTimers()) {
  const clock = { monotonicMs: () => timers.nowMs, wallTime: () => MINUTE + timers.nowMs * 1_000 };
  return { timers, budget: new RestBudget({ clock, timers }, 1_000, spent), sent: [] as number[] };
}

test("no minute of the venue's sees more than the share, and what waits goes with the next minute", async () => {
  const { timers, budget, sent } = bench();
  for (let i = 0; i < 50; i++) void budget.spend(25, signal).then(() => sent.push(timers.nowMs));
  await timers.advance(0);
  await timers.advance(59_999);
  assert.deepEqual(sent, Array.from({ length: 28 }, () => 0));
  assert.equal(budget.left, 0);
  await timers.advance(1);
  assert.equal(sent.length, 50);
});

test("what other programs on this address spend counts too", async () => {
  const { timers, budget, sent } = bench();
  await budget.spend(25, signal);
  budget.counted(690);
  void budget.spend(25, signal).then(() => sent.push(timers.nowMs));
  await timers.advance(59_999);
  assert.deepEqual(sent, []);
  await timers.advance(1);
  assert.deepEqual(sent, [60_000]);
});

test("weight that is spent and a ban outlive the process", async () => {
  const first = bench();
  await first.budget.spend(700, signal);
  const second = bench(first.budget.spent, first.timers);
  void second.budget.spend(1, signal).then(() => second.sent.push(first.timers.nowMs));
  await first.timers.advance(59_000);
  assert.deepEqual(second.sent, []);
  second.budget.pause(120_000);
  const third = bench(second.budget.spent, first.timers);
  void third.budget.spend(1, signal).then(() => third.sent.push(first.timers.nowMs));
  await first.timers.advance(119_999);
  assert.deepEqual(third.sent, []);
  await first.timers.advance(1);
  assert.deepEqual(third.sent, [179_000]);
});
