import assert from "node:assert/strict";
import { test } from "node:test";
import type { GapEvent } from "../../src/events/gap.ts";
import { marketListings } from "../../src/sim/venue/market_names.ts";
import { SeededRandom } from "../../src/sim/world/seeded_random.ts";
import { Scene, VENUE } from "./scene.ts";
import { assertWhole, seedsFrom } from "./seeds.ts";

const FILE = "redundancy.test.ts";
const MIRROR = "mirror.sim";

function sceneOf(seed: number): Scene {
  return new Scene({ seed, listings: marketListings(seed, 6), rate: 120, redundancy: 2, streamsPerWorkerMax: 9, mirrors: [MIRROR] });
}

/** Nothing lost, nothing told as lost. */
async function assertNothingLost(scene: Scene): Promise<void> {
  await scene.settle();
  assertWhole(scene, FILE, { isLossless: true });
  const gaps = scene.published.own<GapEvent>("gap").filter(({ reason }) => reason !== "start");
  assert.deepEqual(gaps, [], `seed ${scene.world.seed}`);
}

for (const seed of seedsFrom(1, 4)) {
  test(`with two sockets a stream, on two hosts, losing any one of them loses nothing (seed ${seed})`, async () => {
    const scene = sceneOf(seed);
    const random = new SeededRandom(seed, "cuts");
    await scene.world.advance(30_000);
    const { network } = scene.world;
    assert.deepEqual([VENUE, MIRROR].map((host) => network.connections(host).length), [2, 2], "each of two lanes on both hosts");
    for (let i = 0; i < 12; i++) {
      const host = [VENUE, MIRROR][random.below(2)]!;
      network.cut(host, random.below(2));
      await scene.world.advance(15_000 + random.below(10_000));
      assert.equal(network.connections(VENUE).length + network.connections(MIRROR).length, 4, "replaced meanwhile");
    }
    await assertNothingLost(scene);
  });

  test(`with two sockets a stream a whole host may go away for minutes (seed ${seed})`, async () => {
    const scene = sceneOf(seed);
    await scene.world.advance(30_000);
    scene.world.network.partition(MIRROR, true);
    await scene.world.advance(180_000);
    scene.world.network.partition(MIRROR, false);
    await scene.world.advance(120_000);
    await assertNothingLost(scene);
  });
}
