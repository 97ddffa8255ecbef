import assert from "node:assert/strict";
import { test } from "node:test";
import type { SessionEvent } from "../../src/events/session.ts";
import { marketListings } from "../../src/sim/venue/market_names.ts";
import { Scene } from "./scene.ts";
import { assertWhole } from "./seeds.ts";

const FILE = "silence.test.ts";

test("one stream that falls silent among lively ones is noticed, the socket replaced, and what was missed told or fetched", async () => {
  const scene = new Scene({ seed: 1, listings: marketListings(1, 4), rate: 200 });
  await scene.world.advance(60_000);
  const [connection] = scene.venue.connections();
  scene.venue.unsubscribe(connection!, ["btcusdt@trade"]); // the client is not told
  await scene.world.advance(60_000);
  const stalls = scene.published.own<SessionEvent>("session").filter(({ event }) => event === "stall");
  assert.equal(stalls.length, 1);
  assert.match(stalls[0]!.detail!, /^btcusdt@trade silent for \d+ s$/);
  await scene.world.advance(30_000);
  await scene.settle();
  const trades = scene.events("binance/trade/BTCUSDT").map(({ event }) => (event as unknown as { tradeId: number }).tradeId).sort((a, b) =>
    a - b
  );
  trades.forEach((id, i) => assert.equal(id, trades[0]! + i, "a trade is missing"));
  assertWhole(scene, FILE);
});

test("a market whose symbols are quiet, each in its own way, raises no alarm in 24 hours", async () => {
  const scene = new Scene({ seed: 2, listings: marketListings(2, 6), rate: 0.5, workerMaxAgeMs: 12 * 3_600_000 });
  await scene.world.advance(24 * 3_600_000);
  await scene.settle();
  const events = scene.published.own<SessionEvent>("session").map(({ event }) => event);
  assert.deepEqual(events.filter((event) => event === "stall"), []);
  assert.ok(scene.published.count > 20_000, `${scene.published.count}`);
});
