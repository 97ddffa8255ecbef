import assert from "node:assert/strict";
import { test } from "node:test";
import { ConnectionBudget } from "../../src/network/connection_budget.ts";
import { ManualTimers } from "../support/manual_timers.ts";

test("a thousand sockets wanted at once never pass the venue's attempts in any window, nor come in bursts", async () => {
  const timers = new ManualTimers();
  const clock = { monotonicMs: () => timers.nowMs, wallTime: () => 0 };
  const budget = new ConnectionBudget({ clock, timers }, { connectsMax: 300, connectWindowMs: 300_000 });
  const signal = new AbortController().signal;
  const granted: number[] = [];
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
  const timers = new ManualTimers();
  const clock = { monotonicMs: () => timers.nowMs, wallTime: () => 0 };
  const budget = new ConnectionBudget({ clock, timers }, { connectsMax: 2, connectWindowMs: 300_000 });
  const stop = new AbortController();
  await budget.acquire(stop.signal);
  const second = budget.acquire(stop.signal);
  stop.abort();
  await second;
});
