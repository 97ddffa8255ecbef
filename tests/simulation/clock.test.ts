import assert from "node:assert/strict";
import { test } from "node:test";
import type { SessionEvent } from "../../src/events/session.ts";
import { marketListings } from "../../src/sim/venue/market_names.ts";
import { Scene } from "./scene.ts";
import { assertCalm, assertWhole } from "./seeds.ts";

const FILE = "clock.test.ts";
const HOUR_MS = 3_600_000;
const STEPS_MS = [-HOUR_MS, 3 * HOUR_MS, 1_000, -1_000, -2 * HOUR_MS, 20 * HOUR_MS];

test("a wall clock that is set, far and near, forwards and back, costs no socket, no event and no order", async () => {
  const scene = new Scene({ seed: 1, listings: marketListings(1, 3), rate: 60 });
  await scene.world.advance(10_000);
  for (const stepMs of STEPS_MS) {
    scene.world.host("recorder").stepWall(stepMs);
    await scene.world.advance(10_000);
  }
  const rows = scene.published.own<SessionEvent>("session").map(({ event }) => event);
  assert.deepEqual(rows.filter((event) => event === "clock_step").length, STEPS_MS.length);
  assert.deepEqual(rows.filter((event) => !event.startsWith("clock_")), ["start", "connect", "open", "rotate"]);
  await scene.settle();
  assertWhole(scene, FILE, { isLossless: true });
  assertCalm(scene, FILE);
});
