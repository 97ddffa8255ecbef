import assert from "node:assert/strict";
import { it } from "node:test";
import { barTo } from "../../src/cli/long_work.ts";
import { Output } from "../../src/cli/output.ts";
import { EventLoop } from "../../src/sim/world/event_loop.ts";
import { VirtualProcess } from "../../src/sim/world/virtual_process.ts";

/** What stands on standard error after work of so long, told of each 50 ms. */
function barOf(isErrorTerminal: boolean, tookMs: number): string {
  const process = new VirtualProcess(new EventLoop((run) => setTimeout(run)), "host", 1, { isErrorTerminal });
  const output = new Output(process, { isJson: false, logLevel: "info" });
  let nowMs = 0;
  const bar = barTo({ clock: { monotonicMs: () => nowMs, wallTime: () => 0 } }, output);
  for (; nowMs <= tookMs; nowMs += 50) bar(nowMs / tookMs, { rows: 1_000 * nowMs });
  assert.equal(process.written.out, "");
  return process.written.err;
}

it("long work has a bar on a terminal; short work has none, and what is no terminal gets nothing", () => {
  assert.match(barOf(true, 2_000), /\[#{12}\.{12}\] {2}50 % · rows 1,000,000/);
  assert.match(barOf(true, 2_000), /\[#{24}\] 100 % · rows 2,000,000/);
  assert.equal(barOf(true, 400), "");
  assert.equal(barOf(false, 2_000), "");
});
