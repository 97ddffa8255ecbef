import assert from "node:assert/strict";
import { test } from "node:test";
import { SeededRandom } from "../../src/sim/world/seeded_random.ts";
import { happen, type MixedWorld, mixedWorld, stopFaults } from "./mixed_world.ts";
import type { Scene } from "./scene.ts";
import { seededTest, seedsFrom } from "./seeds.ts";

const FILE = "liveness.test.ts";
const FLOWING_MS_MAX = 40_000; // a seat that failed often waits up to 30 s, then connects and subscribes
const FLOWING_MS_USUAL = 15_000;
const USUAL_SHARE = 0.9;
const LOOK_MS = 250;
const SEEDS = seedsFrom(1, 50);

/** Paths of symbols that trade, on which nothing has come since then. */
function silent(scene: Scene, before: ReadonlyMap<string, number>): string[] {
  const trading = new Set(scene.market.listings().filter(({ status }) => status === "TRADING").map(({ symbol }) => symbol));
  return scene.published.paths().filter((path) =>
    trading.has(decodeURIComponent(path.split("/")[2]!)) && scene.events(path).length === (before.get(path) ?? 0)
  );
}

/** How long after the last fault every stream flows again. */
async function msUntilFlowing(world: MixedWorld): Promise<number> {
  const { scene } = world;
  stopFaults(world);
  const fromMs = scene.world.nowMs;
  const before = new Map(scene.published.paths().map((path) => [path, scene.events(path).length]));
  while (silent(scene, before).length > 0 && scene.world.nowMs < fromMs + FLOWING_MS_MAX) await scene.world.advance(LOOK_MS);
  assert.deepEqual(silent(scene, before), [], `seed ${scene.world.seed}`);
  return scene.world.nowMs - fromMs;
}

const took: number[] = [];

for (const seed of SEEDS) {
  seededTest(FILE, seed, `when nothing goes wrong any more every stream flows again`, async () => {
    const random = new SeededRandom(seed, "mixed faults");
    const world = mixedWorld(seed, random);
    await happen(world.scene, random);
    took.push(await msUntilFlowing(world));
    await world.scene.settle();
  });
}

test(`of these worlds nine in ten flow again within ${FLOWING_MS_USUAL / 1_000} s`, () => {
  if (SEEDS.length < 20) return console.log("too few worlds to speak of a share");
  const usual = took.filter((ms) => ms <= FLOWING_MS_USUAL).length;
  assert.ok(usual >= USUAL_SHARE * took.length, `${usual} of ${took.length}; the longest ${Math.max(...took)} ms`);
});
