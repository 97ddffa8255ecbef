import assert from "node:assert/strict";
import { SeededRandom } from "../../src/sim/world/seeded_random.ts";
import { happen, type MixedWorld, mixedWorld, stopFaults } from "./mixed_world.ts";
import type { Scene } from "./scene.ts";
import { seededTest, seedsFrom } from "./seeds.ts";

const FILE = "liveness.test.ts";
const FLOWING_MS_MAX = 15_000;
const LOOK_MS = 250;

/** Paths of symbols that trade, on which nothing has come since then. */
function silent(scene: Scene, before: ReadonlyMap<string, number>): string[] {
  const trading = new Set(scene.market.listings().filter(({ status }) => status === "TRADING").map(({ symbol }) => symbol));
  return scene.published.paths().filter((path) =>
    trading.has(decodeURIComponent(path.split("/")[2]!)) && scene.events(path).length === (before.get(path) ?? 0)
  );
}

/** No fault any more: every stream flows again in time. */
async function untilFlowing(world: MixedWorld): Promise<void> {
  const { scene } = world;
  stopFaults(world);
  const fromMs = scene.world.nowMs;
  const before = new Map(scene.published.paths().map((path) => [path, scene.events(path).length]));
  while (silent(scene, before).length > 0 && scene.world.nowMs < fromMs + FLOWING_MS_MAX) await scene.world.advance(LOOK_MS);
  assert.deepEqual(silent(scene, before), [], `seed ${scene.world.seed}`);
}

for (const seed of seedsFrom(1, 50)) {
  seededTest(FILE, seed, `when nothing goes wrong any more every stream flows again within 15 s`, async () => {
    const random = new SeededRandom(seed, "mixed faults");
    const world = mixedWorld(seed, random);
    await happen(world.scene.world, random);
    await untilFlowing(world);
    await world.scene.settle();
  });
}
