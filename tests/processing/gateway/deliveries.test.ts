import assert from "node:assert/strict";
import { it } from "node:test";
import { Deliveries } from "../../../src/processing/gateway/deliveries.ts";

const TURN_MS = 3; // two of sending, and a portion more at most
const PORTION_MS = 0.5;

/** An event loop by hand: what is planned runs when it is told to, and work takes the time it says. */
class Loop {
  nowMs = 0;
  #planned: { readonly atMs: number; readonly run: () => void }[] = [];
  readonly clock = { wallTime: () => 0, monotonicMs: () => this.nowMs };
  readonly timers = {
    after: (delayMs: number, run: () => void) => this.#plan(delayMs, run),
    every: () => () => {},
    turn: (run: () => void) => void this.#plan(0, run),
  };

  /** False when nothing is planned. */
  turn(): boolean {
    const next = this.#planned.shift();
    if (next === undefined) return false;
    this.nowMs = Math.max(this.nowMs, next.atMs);
    next.run();
    return true;
  }

  #plan(delayMs: number, run: () => void): () => void {
    this.#planned.push({ atMs: this.nowMs + delayMs, run });
    return () => {};
  }
}

function scene() {
  const loop = new Loop();
  const served: string[] = [];
  const portion = (name: string, times = 1) => () => {
    served.push(name);
    loop.nowMs += PORTION_MS;
    return --times > 0;
  };
  return { loop, served, portion, deliveries: new Deliveries(loop) };
}

it("whoever had everything is served within a turn, however many begin at once, and they get on", () => {
  const { loop, served, portion, deliveries } = scene();
  for (let n = 0; n < 100; n++) deliveries.late(portion(`new ${n}`, 20));
  let waitedMs = 0;
  for (let turn = 0; turn < 400; turn++) {
    const dueMs = loop.nowMs;
    deliveries.due(portion("steady"));
    const before = served.length;
    loop.turn();
    assert.equal(served[before], "steady");
    waitedMs = Math.max(waitedMs, loop.nowMs - dueMs);
  }
  assert.ok(waitedMs <= TURN_MS, `${waitedMs} ms`);
  assert.ok(served.length > 3 * 400, `${served.length} portions`);
});

it("whoever is behind gets a portion a turn, however many others have something to take, each in its turn", () => {
  const { loop, served, portion, deliveries } = scene();
  for (const name of ["a", "b"]) deliveries.late(portion(name, 10));
  for (let turn = 0; turn < 20; turn++) {
    for (let n = 0; n < 50; n++) deliveries.due(portion("steady"));
    loop.turn();
  }
  assert.equal(served.filter((name) => name !== "steady").join(""), "ab".repeat(10));
});

it("everybody is served once when nobody is behind, and then there is a rest", () => {
  const { loop, served, portion, deliveries } = scene();
  for (let n = 0; n < 3; n++) deliveries.due(portion(String(n)));
  assert.ok(loop.turn());
  assert.deepEqual([served.join(""), loop.turn()], ["012", false]);
  const atMs = loop.nowMs;
  deliveries.due(portion("next"));
  loop.turn();
  assert.equal(loop.nowMs - atMs - PORTION_MS, 5);
});
