import assert from "node:assert/strict";
import { test } from "node:test";
import { type FaultLevel, Faults } from "../../src/sim/venue/faults.ts";
import { marketListings } from "../../src/sim/venue/market_names.ts";
import { SymbolFaults } from "../../src/sim/venue/symbol_faults.ts";
import { SeededRandom } from "../../src/sim/world/seeded_random.ts";
import { Scene, type SceneOptions, VENUE } from "./scene.ts";
import { assertWhole, seedsFrom } from "./seeds.ts";

const FILE = "faults.test.ts";
const SEEDS = seedsFrom(1, 4);
/** Two sockets a path, the second one's first frames two seconds late: what was held a moment was let out with what was held for three seconds. */
const SEED_RELEASED_EARLY = 12;
/** Old and new socket both stalled for more than two seconds: the path was called quiet, and the old one ended with data under way. */
const SEED_QUIET_BY_STALL = 45;
/** Silence is noticed within 10 s, and a worker that was cut has waited up to 30 s when the venue is back. */
const RECOVERY_MS = 60_000;
/** A pong says what arrived. Often asked for, little of what was under way when a line broke may be missing. */
const ASKS_OFTEN = { pingEveryMs: 1_000 };

function sceneOf(seed: number, random: SeededRandom, options: Partial<SceneOptions> = {}): Scene {
  const scene = new Scene({
    seed,
    listings: marketListings(seed, 2 + random.below(12)),
    rate: 20 + random.below(100),
    workerMaxAgeMs: 2_000 + random.below(8_000),
    redundancy: 1 + random.below(3),
    universeIntervalMs: 5_000,
    staleAfterMs: 15_000,
    streamsPerWorkerMax: 6 + random.below(40),
    ...options,
  });
  Object.assign(scene.world.network.conditions, {
    latencyMs: 2 + random.below(150),
    jitterMs: random.below(60),
    stallOneIn: 100,
    stallMs: 100 + random.below(400),
  });
  return scene;
}

/** Once all is well again every path that anyone trades on flows, on every socket it should have. */
async function assertFlowing(scene: Scene): Promise<void> {
  await scene.world.advance(RECOVERY_MS);
  const before = new Map(scene.published.paths().map((path) => [path, scene.events(path).length]));
  await scene.world.advance(60_000);
  const trading = new Set(scene.market.listings().filter(({ status }) => status === "TRADING").map(({ symbol }) => symbol));
  const still = scene.published.paths().filter((path) =>
    trading.has(decodeURIComponent(path.split("/")[2]!)) && scene.events(path).length === before.get(path)
  );
  assert.deepEqual(still, [], `seed ${scene.world.seed}`);
}

for (const seed of SEEDS) {
  test(`connections cut at any moment lose what was under way and nothing else, and the hole is told (seed ${seed})`, async () => {
    const random = new SeededRandom(seed, "cuts");
    const scene = sceneOf(seed, random, { venue: { limits: ASKS_OFTEN } });
    while (scene.world.nowMs < 60_000) {
      await scene.world.advance(200 + random.below(6_000));
      const open = scene.world.network.connections(VENUE).length;
      if (open > 0) scene.world.network.cut(VENUE, random.below(open));
    }
    await assertFlowing(scene);
    await scene.settle();
    assertWhole(scene, FILE);
  });

  test(`a venue that cannot be reached for a while is reached again, and the hole is told (seed ${seed})`, async () => {
    const random = new SeededRandom(seed, "partitions");
    const scene = sceneOf(seed, random, { workerMaxAgeMs: 20_000 });
    for (let i = 0; i < 3; i++) {
      await scene.world.advance(random.below(15_000));
      scene.world.network.partition(VENUE, true);
      await scene.world.advance(random.below(20_000));
      scene.world.network.partition(VENUE, false);
    }
    await assertFlowing(scene);
    await scene.settle();
    assertWhole(scene, FILE);
  });

  test(`a recorder that is stopped for a while, and whose clock is set meanwhile, goes on, and the hole is told (seed ${seed})`, async () => {
    const random = new SeededRandom(seed, "pauses");
    const scene = sceneOf(seed, random, { workerMaxAgeMs: 20_000, venue: { limits: { socketAgeMaxMs: 30_000 } } });
    for (let i = 0; i < 4; i++) {
      await scene.world.advance(5_000 + random.below(15_000));
      const pauseMs = random.below(i % 2 === 0 ? 5_000 : 90_000);
      scene.world.host("recorder").pause(pauseMs);
      await scene.world.advance(pauseMs / 2);
      scene.world.host("recorder").stepWall((random.float() - 0.5) * 7_200_000);
      await scene.world.advance(pauseMs / 2);
    }
    await assertFlowing(scene);
    await scene.settle();
    assertWhole(scene, FILE);
  });

  for (const level of ["calm", "rough"] as const satisfies readonly FaultLevel[]) {
    test(`a venue on a ${level} day: nothing that arrived is missing, and every hole is told (seed ${seed})`, async () => {
      const random = new SeededRandom(seed, level);
      const faults = new Faults(level, seed);
      const kept: string[] = [];
      const scene = sceneOf(seed, random, { venue: { faults, limits: ASKS_OFTEN }, keepFrame: ({ text }) => kept.push(text) });
      const changes = new SymbolFaults(scene.world.runtime("exchange").timers, scene.venue, scene.market, faults);
      await scene.world.advance(90_000);
      changes.stop();
      scene.venue.stopFaults();
      await assertFlowing(scene);
      await scene.settle();
      assert.deepEqual(kept.filter((text) => text.endsWith("}}")), [], "a whole frame was thrown away");
      const ended = scene.ledger.notes.filter(({ market, detail }) => market === "delisted" || detail?.startsWith("delisted"));
      const names = ended.map(({ detail = "" }) => detail.split(/[: ]+/).at(-1)!);
      assertWhole(scene, FILE, { judged: (path) => !names.some((name) => path.endsWith(`/${encodeURIComponent(name)}`)) });
    });
  }
}

for (const seed of new Set([SEED_RELEASED_EARLY, SEED_QUIET_BY_STALL, ...SEEDS])) {
  test(`lines that stall for seconds, less than an event waits for another socket, lose nothing (seed ${seed})`, async () => {
    const random = new SeededRandom(seed, "stalls");
    const scene = sceneOf(seed, random);
    scene.world.network.conditions.stallMs = 2_500;
    await scene.world.advance(60_000);
    await scene.settle();
    assertWhole(scene, FILE, { isLossless: true });
  });
}
