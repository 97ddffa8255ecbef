import assert from "node:assert/strict";
import { marketListings } from "../../src/sim/venue/market_names.ts";
import { SeededRandom } from "../../src/sim/world/seeded_random.ts";
import { Scene } from "./scene.ts";
import { assertCalm, assertWhole, seededTest, seedsFrom } from "./seeds.ts";

const FILE = "many_rotations.test.ts";
const ROTATIONS_MIN = 200; // of one seed: ten in the suite are the 2,000 of gate R5, 500 the 100,000 of a night
const CONNECTS_MAX = 1_000_000; // the venue's own limit would make it one a second

for (const seed of seedsFrom(1, 10)) {
  seededTest(FILE, seed, `hundreds of workers replaced within a virtual minute lose, double and reorder nothing`, async () => {
    const random = new SeededRandom(seed, "many rotations");
    const scene = new Scene({
      seed,
      listings: marketListings(seed, 1 + random.below(2)),
      rate: 20 + random.below(40),
      workerMaxAgeMs: 200 + random.below(1_000),
      redundancy: 3 + random.below(2),
      streamsPerWorkerMax: 1 + random.below(2),
      connectsMax: CONNECTS_MAX,
    });
    Object.assign(scene.world.network.conditions, { latencyMs: 2 + random.below(120), jitterMs: random.below(80), stallOneIn: 200 });
    await scene.world.advance(60_000);
    await scene.settle();
    assertWhole(scene, FILE, { isLossless: true });
    assertCalm(scene, FILE);
    assert.ok(scene.rotations >= ROTATIONS_MIN, `${scene.rotations} rotations`);
  });
}
