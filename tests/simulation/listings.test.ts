import assert from "node:assert/strict";
import { test } from "node:test";
import { marketListings } from "../../src/sim/venue/market_names.ts";
import { changeSymbol } from "../../src/sim/venue/symbol_changes.ts";
import { SeededRandom } from "../../src/sim/world/seeded_random.ts";
import { Scene } from "./scene.ts";
import { assertCalm, assertWhole, seedsFrom } from "./seeds.ts";

const FILE = "listings.test.ts";
const CYCLES = 1_000;
const UNIVERSE_INTERVAL_MS = 1_000;
const STEADY = 16;
const MOVING = Array.from({ length: 10 }, (_, i) => `MOVING${i}USDT`);
const isSteady = (path: string) => !path.includes("/MOVING");
/**
 * A change is seen one interval later at the latest, and what a new worker takes. So many universes and books are near what one minute of
 * REST weight allows: where it is used up, everybody waits for the next minute.
 */
const SEEN_WITHIN_MS = UNIVERSE_INTERVAL_MS + 15_000 + 60_000;

/** Lists and delists one symbol again and again, waiting for each change to be seen; sometimes it stays long enough to be recorded. */
async function cycle(scene: Scene, symbol: string, cycles: number, random: SeededRandom): Promise<void> {
  const sleep = (ms: number) => new Promise<void>((resolve) => void scene.recorder.timers.after(ms, resolve));
  const isThere = () => scene.agora.paths(`binance/trade/${symbol}`).length > 0;
  for (let i = 0; i < cycles; i++) {
    for (const change of ["list", "delist"] as const) {
      changeSymbol(scene.venue, scene.market, change, symbol);
      const untilMs = scene.world.nowMs + SEEN_WITHIN_MS;
      while (isThere() !== (change === "list")) {
        assert.ok(scene.world.nowMs < untilMs, `${change} of ${symbol} was not seen`);
        await sleep(50);
      }
      await sleep(random.below(4) === 0 ? 4_000 : random.below(800));
    }
  }
}

for (const seed of seedsFrom(1, 3)) {
  test(
    `symbols are listed and delisted ${CYCLES} times; the others lose, double and reorder nothing (seed ${seed})`,
    { timeout: 60_000 },
    async () => {
      const random = new SeededRandom(seed, "listings");
      const scene = new Scene({
        seed,
        listings: marketListings(seed, STEADY),
        rate: 60,
        universeIntervalMs: UNIVERSE_INTERVAL_MS,
        redundancy: 1 + seed % 2,
        streamsPerWorkerMax: seed % 2 === 0 ? 300 : 20, // one lane for all, or four that are not all full
      });
      await scene.world.advance(5_000);
      const cycles = MOVING.map((symbol) => cycle(scene, symbol, CYCLES / MOVING.length, random));
      await scene.world.runUntil(Promise.all(cycles), 3_600_000);
      await scene.settle();
      assertWhole(scene, FILE, { judged: isSteady, isLossless: true });
      assertCalm(scene, FILE, isSteady);
      for (const symbol of MOVING) assert.ok(scene.events(`binance/trade/${symbol}`).length > 0, symbol);
      const listed = scene.ledger.notes.filter(({ market }) => market === "listed").length;
      assert.equal(listed, CYCLES);
      assert.ok(scene.rotations > 100, `${scene.rotations} replacements`);
    },
  );
}
