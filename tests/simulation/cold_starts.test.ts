import assert from "node:assert/strict";
import { test } from "node:test";
import { marketListings } from "../../src/sim/venue/market_names.ts";
import { SeededRandom } from "../../src/sim/world/seeded_random.ts";
import { Scene } from "./scene.ts";
import { assertCalm, assertWhole, seededTest, seedsFrom } from "./seeds.ts";

const FILE = "cold_starts.test.ts";
const SYMBOLS = 342; // of three types: 1,026 streams, two more than one socket of the venue may carry

for (const seed of seedsFrom(1, 3)) {
  seededTest(FILE, seed, `a cold start of 1,024 streams breaks no limit of the venue, and all are subscribed within 20 s`, async () => {
    const random = new SeededRandom(seed, "cold starts");
    const scene = new Scene({
      seed,
      listings: marketListings(seed, SYMBOLS),
      rate: 5 + random.below(20),
      redundancy: 1 + random.below(2),
      streamsPerWorkerMax: [1_024, 300, 60][seed % 3]!,
    });
    Object.assign(scene.world.network.conditions, { latencyMs: 2 + random.below(150), jitterMs: random.below(60) });
    await scene.world.advance(20_000);
    const subscribed = new Set(scene.ledger.steps.filter(({ step }) => step === "subscribed").flatMap(({ streams }) => streams!));
    assert.equal(subscribed.size, 3 * scene.dispatcher.status.symbols);
    assert.ok(subscribed.size >= 1_024, `${subscribed.size}`);
    await scene.settle();
    assertWhole(scene, FILE, { isLossless: true });
    assertCalm(scene, FILE);
  });
}

test("more sockets than the venue lets in within five minutes are opened as it lets them in", async () => {
  const scene = new Scene({ seed: 1, listings: marketListings(1, SYMBOLS), rate: 2, streamsPerWorkerMax: 3 });
  await scene.world.advance(6 * 60_000);
  assert.equal(scene.dispatcher.status.sockets, scene.dispatcher.status.symbols);
  await scene.settle();
  assertCalm(scene, FILE);
});
