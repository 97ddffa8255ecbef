import assert from "node:assert/strict";
import type { BboEvent } from "../../src/events/bbo.ts";
import type { TradeEvent } from "../../src/events/trade.ts";
import { marketListings } from "../../src/sim/venue/market_names.ts";
import { BadWire } from "./bad_wire.ts";
import { Scene } from "./scene.ts";
import { assertWhole, seededTest, seedsFrom } from "./seeds.ts";

const FILE = "reordered.test.ts";

/**
 * No venue we know sends a stream out of order on one connection. Where one does, ids that count say so: what came late is told and, of
 * trades, fetched again. Where ids only rise, what came late is a row where it arrived, and never the current value.
 */
for (const seed of seedsFrom(1, 4)) {
  seededTest(
    FILE,
    seed,
    `frames out of order on one connection: every trade and quote is there once, and no hole of a counted stream is hidden`,
    async () => {
      const habits = { doubledOneIn: 20, damagedOneIn: 0, lateOneIn: 30 };
      const scene = new Scene({ seed, listings: marketListings(seed, 2), rate: 40, through: (venue) => new BadWire(venue, seed, habits) });
      await scene.world.advance(30_000);
      await scene.settle();
      assertWhole(scene, FILE, { isLossless: true, mayBeLate: true, isReordered: true });
      let late = 0;
      for (const path of scene.published.paths().filter((each) => each.includes("/bbo/"))) {
        const ids = scene.events(path).map(({ event }) => (event as BboEvent).updateId!);
        late += ids.filter((id, i) => i > 0 && id < ids[i - 1]!).length;
        assert.equal((scene.lastOf(path) as BboEvent).updateId, Math.max(...ids), `${path}: the current value is an old one`);
      }
      assert.ok(late + scene.telemetry.total("argus_gaps_total") > 0, "nothing was out of order");
      for (const path of scene.published.paths().filter((each) => each.includes("/trade/"))) {
        const ids = scene.events(path).map(({ event }) => (event as TradeEvent).tradeId!).sort((a, b) => a - b);
        assert.deepEqual(ids, Array.from(ids, (_, i) => ids[0]! + i), `${path}`);
      }
    },
  );
}
