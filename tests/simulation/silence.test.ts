import assert from "node:assert/strict";
import { test } from "node:test";
import type { GapEvent } from "../../src/events/gap.ts";
import type { SessionEvent } from "../../src/events/session.ts";
import { marketListings } from "../../src/sim/venue/market_names.ts";
import { Scene, VENUE } from "./scene.ts";
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

test("a lively socket that answers pings and brings nothing is replaced within 10 s, and what it kept back is told or fetched", async () => {
  const scene = new Scene({ seed: 3, listings: marketListings(3, 4), rate: 200 });
  await scene.world.advance(60_000);
  const [connection] = scene.venue.connections();
  scene.venue.unsubscribe(connection!, [...connection!.streams]); // the client is not told
  const mutedTime = scene.recorder.clock.wallTime();
  await scene.world.advance(90_000);
  const stall = scene.published.own<SessionEvent>("session").find(({ event }) => event === "stall");
  assert.match(stall?.detail ?? "", /^no data for \d s$/);
  assert.ok(stall!.recvTime - mutedTime < 10_000_000);
  await scene.settle();
  assertWhole(scene, FILE);
});

test("a socket that carries one thin symbol is left alone in 24 hours", async () => {
  const scene = new Scene({ seed: 4, listings: marketListings(4, ["THINUSDT"]), rate: 0.01, workerMaxAgeMs: 12 * 3_600_000 });
  await scene.world.advance(24 * 3_600_000);
  await scene.settle();
  const stalls = scene.published.own<SessionEvent>("session").filter(({ event }) => event === "stall");
  // Until its pace is known (some fifty events, an hour and a half) it cannot be told from a mute one.
  const startTime = scene.published.own<SessionEvent>("session")[0]!.recvTime;
  assert.deepEqual(stalls.filter(({ recvTime }) => recvTime > startTime + 4 * 3_600_000_000).map(({ detail }) => detail), []);
});

test("a market whose symbols are quiet, each in its own way, raises no alarm in 24 hours", async () => {
  const scene = new Scene({ seed: 2, listings: marketListings(2, 6), rate: 0.5, workerMaxAgeMs: 12 * 3_600_000 });
  await scene.world.advance(24 * 3_600_000);
  await scene.settle();
  const events = scene.published.own<SessionEvent>("session").map(({ event }) => event);
  assert.deepEqual(events.filter((event) => event === "stall"), []);
  assert.ok(scene.published.count > 20_000, `${scene.published.count}`);
});

test("a socket whose lag grows is replaced within 10 s of being five seconds behind, and nothing is lost or doubled", async () => {
  for (const seed of [5, 6, 7]) {
    const scene = new Scene({ seed, listings: marketListings(seed, 4), rate: 200 });
    await scene.world.advance(60_000);
    const [slow] = scene.world.network.connections(VENUE);
    for (let lagMs = 0; lagMs <= 12_000; lagMs += 400) {
      slow!.lag(lagMs);
      await scene.world.advance(1_000);
    }
    const stall = scene.published.own<SessionEvent>("session").find(({ event }) => event === "stall");
    assert.match(stall?.detail ?? "", /^[5-9]\.\d s behind$/);
    assert.equal(scene.published.own<SessionEvent>("session").filter(({ event }) => event === "stall").length, 1);
    await scene.settle();
    assertWhole(scene, FILE, { isLossless: true });
    assert.deepEqual(scene.published.own<GapEvent>("gap").filter(({ reason }) => reason !== "start"), []);
  }
});

test("a recorder that is slow itself does not blame its sockets", async () => {
  const scene = new Scene({ seed: 8, listings: marketListings(8, 4), rate: 200 });
  await scene.world.advance(60_000);
  for (let i = 0; i < 6; i++) {
    scene.world.host("recorder").pause(7_000);
    await scene.world.advance(9_000);
  }
  await scene.settle();
  assert.deepEqual(scene.published.own<SessionEvent>("session").filter(({ event }) => event === "stall").map(({ detail }) => detail), []);
  assertWhole(scene, FILE, { isLossless: true });
});
