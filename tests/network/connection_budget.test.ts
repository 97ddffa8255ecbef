import assert from "node:assert/strict";
import { test } from "node:test";
import { ConnectionBudget, type ConnectionsSpent } from "../../src/network/connection_budget.ts";
import { ManualTimers } from "../support/manual_timers.ts";

const START = 1_795_000_000_000_000;
const { signal } = new AbortController();

function bench(spent?: ConnectionsSpent, timers = new ManualTimers()) {
  const clock = { monotonicMs: () => timers.nowMs, wallTime: () => START + timers.nowMs * 1_000 };
  const budget = new ConnectionBudget({ clock, timers }, { connectsMax: 300, connectWindowMs: 300_000 }, spent);
  return { timers, budget, granted: [] as number[] };
}

test("a thousand sockets wanted at once never pass the venue's attempts in any window, nor come in bursts", async () => {
  const { timers, budget, granted } = bench();
  for (let i = 0; i < 1_000; i++) void budget.acquire(signal).then(() => granted.push(timers.nowMs));
  await timers.advance(0);
  await timers.advance(1_800_000);
  assert.equal(granted.length, 1_000);
  for (let i = 0; i < granted.length; i++) {
    assert.ok(granted.filter((at) => at > granted[i]! - 300_000 && at <= granted[i]!).length <= 240);
    if (i > 0) assert.ok(granted[i]! - granted[i - 1]! >= 250);
  }
});

test("waiting for permission ends with the signal", async () => {
  const { budget } = bench();
  const stop = new AbortController();
  await budget.acquire(stop.signal);
  const second = budget.acquire(stop.signal);
  stop.abort();
  await second;
});

test("while none opens, attempts keep to a fifth of the venue's limit, and the first that opens lets the others go at once", async () => {
  const { timers, budget, granted } = bench();
  budget.ended(false);
  for (let i = 0; i < 80; i++) void budget.acquire(signal).then(() => granted.push(timers.nowMs));
  await timers.advance(300_000);
  assert.ok(granted.length >= 55 && granted.length <= 61, `${granted.length} in five minutes`);
  budget.ended(true);
  await timers.advance(20_000);
  assert.equal(granted.length, 80);
});

test("a pause holds everyone, and outlives the process, as do the attempts", async () => {
  const { timers, budget, granted } = bench();
  for (let i = 0; i < 240; i++) void budget.acquire(signal);
  await timers.advance(100_000);
  budget.pause(60_000);
  const next = bench(budget.spent, timers);
  void next.budget.acquire(signal).then(() => granted.push(timers.nowMs));
  await timers.advance(59_999);
  assert.deepEqual(granted, []);
  await timers.advance(200_000);
  assert.deepEqual(granted, [300_000], "when the oldest attempt of the window is five minutes old");
});

test("a clock that was set back while nobody looked makes no attempt younger than now", async () => {
  const timers = new ManualTimers();
  const spent = { attemptTimes: Array.from({ length: 240 }, () => START + 9e12), pausedMs: 0 };
  const { budget, granted } = bench(spent, timers);
  void budget.acquire(signal).then(() => granted.push(timers.nowMs));
  await timers.advance(299_999);
  assert.deepEqual(granted, []);
  await timers.advance(1);
  assert.deepEqual(granted, [300_000]);
});
