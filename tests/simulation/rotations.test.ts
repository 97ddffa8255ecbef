import assert from "node:assert/strict";
import { test } from "node:test";
import { marketListings } from "../../src/sim/venue/market_names.ts";
import { SeededRandom } from "../../src/sim/world/seeded_random.ts";
import { Scene } from "./scene.ts";
import { assertCalm, assertWhole, seedsFrom } from "./seeds.ts";

const FILE = "rotations.test.ts";
const SEEDS = seedsFrom(1, 10);
const MINUTES = 1;
const ROTATIONS_MIN = 8; // of one seed; all together they do hundreds

/** Busy and quiet markets, near and far venues, one socket a stream or two: whatever the seed says. */
function sceneOf(seed: number): Scene {
  const random = new SeededRandom(seed, "rotations");
  const scene = new Scene({
    seed,
    listings: marketListings(seed, 2 + random.below(24)),
    rate: 20 + random.below(180),
    workerMaxAgeMs: 2_000,
    redundancy: 1 + random.below(2),
  });
  Object.assign(scene.world.network.conditions, { latencyMs: 2 + random.below(150), jitterMs: random.below(60), stallOneIn: 200 });
  return scene;
}

for (const seed of SEEDS) {
  test(`workers replaced every two seconds for ${MINUTES} virtual minutes lose, double and reorder nothing (seed ${seed})`, async () => {
    const scene = sceneOf(seed);
    await scene.world.advance(MINUTES * 60_000);
    await scene.settle();
    assertWhole(scene, FILE, { isLossless: true });
    assertCalm(scene, FILE);
    assert.ok(scene.rotations >= ROTATIONS_MIN, `${scene.rotations} rotations`);
  });
}

test("thin symbols do not keep a worker from being replaced", async () => {
  const seed = 1;
  const scene = new Scene({ seed, listings: marketListings(seed, 80), rate: 40, workerMaxAgeMs: 60_000 });
  await scene.world.advance(5 * 60_000);
  await scene.settle();
  assertWhole(scene, FILE, { isLossless: true });
  assert.ok(scene.rotations > 5, `${scene.rotations} rotations`);
  assert.equal(scene.telemetry.total("argus_rotations_failed_total"), 0);
});

test("the same seed gives the same rotations and the same events at the same times, another seed others", async () => {
  const run = async (seed: number) => {
    const scene = sceneOf(seed);
    await scene.world.advance(20_000);
    await scene.settle();
    return scene.published.paths().map((path) => scene.events(path).map(({ seq, event }) => `${seq} ${event.recvTime} ${event.eventTime}`));
  };
  const [one, again, other] = [await run(5), await run(5), await run(6)];
  assert.deepEqual(one, again);
  assert.notDeepEqual(one, other);
});
