import assert from "node:assert/strict";
import { SeededRandom } from "../../src/sim/world/seeded_random.ts";
import { ended, happen, mixedWorld, stopFaults } from "./mixed_world.ts";
import { assertWhole, seededTest, seedsFrom } from "./seeds.ts";

const FILE = "mixed_faults.test.ts";
const CALM_MS = 5_000; // a line that broke a moment ago still looks open to the venue: both ends must have heard

for (const seed of seedsFrom(1, 100)) {
  seededTest(
    FILE,
    seed,
    `whatever goes wrong together, nothing that arrived is missing, doubled, moved or made up, and holes are told`,
    async () => {
      const random = new SeededRandom(seed, "mixed faults");
      const world = mixedWorld(seed, random);
      const { scene, wire, kept } = world;
      await happen(scene.world, random);
      stopFaults(world);
      await scene.world.advance(CALM_MS);
      await scene.settle();
      const isEnded = ended(scene);
      assertWhole(scene, FILE, { judged: (path) => !isEnded(path), mayBeLate: true });
      for (const text of kept) assert.ok(wire.damaged.has(text) || !text.endsWith("}}"), `a whole frame was thrown away: ${text}`);
      assert.deepEqual(Object.keys(Object.prototype), []);
      assert.ok(scene.published.count > 20, `only ${scene.published.count} events in all`);
    },
  );
}
