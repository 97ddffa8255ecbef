import assert from "node:assert/strict";
import { test } from "node:test";
import { sourceOf } from "../../src/exchanges/registry.ts";
import { Budgets } from "../../src/network/budgets.ts";
import { ManualTimers } from "../support/manual_timers.ts";

const START = 1_795_000_000_000_000;
const { limits } = sourceOf("binance")!;
const { signal } = new AbortController();

/** What a process left after it was told to pause for a minute, as the next one finds it when the clock says `time`. */
async function waitedMs(time: number, kept?: (text: string) => string): Promise<{ readonly connectMs: number; readonly restMs: number }> {
  let text: string | undefined;
  const store = { load: () => text, save: (saved: string) => void (text = saved) };
  const timers = new ManualTimers();
  const budgets = new Budgets({ clock: { monotonicMs: () => timers.nowMs, wallTime: () => START }, timers }, limits, store);
  budgets.connections.pause(60_000);
  budgets.rest.pause(60_000);
  budgets[Symbol.dispose]();
  if (kept !== undefined) text = kept(text!);
  const fromMs = timers.nowMs;
  const clock = { monotonicMs: () => timers.nowMs, wallTime: () => time + (timers.nowMs - fromMs) * 1_000 };
  const next = new Budgets({ clock, timers }, limits, store);
  let [connectMs, restMs] = [NaN, NaN];
  void next.connections.acquire(signal).then(() => connectMs = timers.nowMs - fromMs);
  void next.rest.spend(1, signal).then(() => restMs = timers.nowMs - fromMs);
  await timers.advance(0);
  await timers.advance(120_000);
  return { connectMs, restMs };
}

test("a pause outlives the process by what is left of it, whatever the clock does meanwhile", async () => {
  assert.deepEqual(await waitedMs(START), { connectMs: 60_000, restMs: 60_000 });
  assert.deepEqual(await waitedMs(START + 20e6), { connectMs: 40_000, restMs: 40_000 });
  assert.deepEqual(await waitedMs(START + 3_600e6), { connectMs: 0, restMs: 0 });
  assert.deepEqual(await waitedMs(START - 3_600e6), { connectMs: 60_000, restMs: 60_000 }, "the clock was set back by an hour");
});

test("what was kept and is torn, or of another version, is as if nothing were known", async () => {
  for (
    const kept of [
      (text: string) => text.slice(0, 20),
      () => "",
      () => "null",
      () => '{"connections":[]}',
      (text: string) => text.replace("60000", '"x"'),
    ]
  ) {
    assert.deepEqual(await waitedMs(START, kept), { connectMs: 0, restMs: 0 });
  }
});
