import assert from "node:assert/strict";
import { test } from "node:test";
import { SeededRandom } from "../../src/sim/world/seeded_random.ts";
import { seedsFrom } from "../simulation/seeds.ts";
import { StorageScene } from "./storage_scene.ts";

const LIFE_MS = 1_500; // over midnight, several merges and segments
const GENERATION_MS = 10_000;
type How = "killed" | "power" | "torn";

/** A life that dies at that operation, if it comes to it; or ends in order. */
async function live(scene: StorageScene, dieAt: number, how: How): Promise<void> {
  scene.dieAt(dieAt, how);
  scene.start();
  await scene.world.runUntil(() => !scene.isRunning || scene.world.nowMs % GENERATION_MS > LIFE_MS, GENERATION_MS);
  if (scene.isRunning) await scene.drain();
  await scene.world.advance(GENERATION_MS - scene.world.nowMs % GENERATION_MS);
}

/** Lives that die at these operations one after the other, and one that does not. Returns how many operations that one needed. */
async function dies(deaths: readonly number[], how: How, seed = 1): Promise<number> {
  const scene = new StorageScene(seed);
  for (const n of deaths) await live(scene, n, how);
  await live(scene, Infinity, how);
  const what = `seed ${seed}, ${how} at operation ${deaths.join(", then ")}`;
  // What a power cut tears is set aside for a person.
  const rows = await scene.assertStored(what, { isClean: how === "killed" });
  assert.ok(rows > 15, `${what}: only ${rows} rows`);
  return scene.disk.operations;
}

test("killed at any operation, of journal, chunk, merge, midnight or drain, a recorder loses a second at most and doubles nothing", async () => {
  const count = await dies([], "killed");
  assert.ok(count > 100, `${count} operations`);
  for (let n = 1; n <= count; n++) await dies([n], "killed");
});

test("killed again at any operation of its recovery, it comes to the same", async () => {
  for (const seed of seedsFrom(1, 2)) {
    const first = 1 + 47 * seed % 130;
    for (let again = 1; again <= 24; again++) await dies([first, again], "killed");
  }
});

test("a power cut at any moment, with what was not synced gone or torn, costs no more", async () => {
  for (const seed of seedsFrom(1, 40)) {
    const random = new SeededRandom(seed, "cuts");
    await dies(Array.from({ length: 1 + random.below(3) }, () => 1 + random.below(130)), random.below(2) === 0 ? "power" : "torn", seed);
  }
});
