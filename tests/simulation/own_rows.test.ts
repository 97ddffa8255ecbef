import assert from "node:assert/strict";
import { test } from "node:test";
import type { EventBase, EventType, SequenceKey } from "../../src/events/event_type.ts";
import type { GapEvent } from "../../src/events/gap.ts";
import type { InstrumentEvent } from "../../src/events/instrument.ts";
import type { TradeEvent } from "../../src/events/trade.ts";
import type { SessionEvent } from "../../src/events/session.ts";
import { marketListings } from "../../src/sim/venue/market_names.ts";
import { SeededRandom } from "../../src/sim/world/seeded_random.ts";
import { Scene, type SceneOptions, VENUE } from "./scene.ts";
import { replayCommand, seedsFrom } from "./seeds.ts";

const FILE = "own_rows.test.ts";

function sceneOf(seed: number, options: Partial<SceneOptions> = {}): Scene {
  return new Scene({ seed, listings: marketListings(seed, 4), rate: 80, ...options });
}

function keysOf(scene: Scene, path: string): SequenceKey[] {
  return scene.events(path).map(({ type, event }) => (type as EventType).sequenceKey(event as EventBase)!);
}

/** Live and fetched together are every trade from the first to the last, and the fetched ones are what the market did. */
function assertHealed(scene: Scene, path: string, again: string): void {
  const events = scene.events(path).map(({ event }) => event as TradeEvent);
  const ids = events.map(({ tradeId }) => tradeId!).sort((a, b) => a - b);
  ids.forEach((id, i) => assert.equal(id, ids[0]! + i, again));
  for (const event of events.filter(({ origin }) => origin === "heal")) {
    const [trade] = scene.market.trades(event.symbol, event.tradeId, 1);
    assert.deepEqual(
      [event.tradeId, event.price, event.size, event.side, event.eventTime],
      [trade!.id, Number(trade!.price), Number(trade!.size), trade!.isBuyerMaker ? "sell" : "buy", trade!.time],
      again,
    );
  }
  const newest = events.filter(({ origin }) => origin === "live").at(-1);
  assert.equal(scene.lastOf(path), newest, `${path}: the current value is an old one\n${again}`);
}

for (const seed of seedsFrom(1, 6)) {
  test(`every hole in a numbered stream is a gap row with its edges, and no row tells of a hole that is not there (seed ${seed})`, async () => {
    const scene = sceneOf(seed);
    const random = new SeededRandom(seed, "cuts");
    for (let i = 0; i < 5; i++) {
      await scene.world.advance(5_000 + random.below(5_000));
      scene.world.network.cutAll(VENUE);
    }
    await scene.world.advance(40_000);
    await scene.settle();
    const rows = scene.published.own<GapEvent>("gap");
    let holes = 0;
    for (const path of scene.published.paths()) {
      const [, type, symbol] = path.split("/");
      const keys = keysOf(scene, path);
      const told = rows.filter((row) => row.dataType === type && row.symbol === symbol);
      const again = `${path}\n  again: ${replayCommand(FILE, seed)}`;
      assert.deepEqual(
        told.filter(({ reason }) => reason === "start").map(({ afterId, beforeId }) => [afterId, beforeId]),
        [[undefined, keys[0]![0]]],
        again,
      );
      const later = told.filter(({ reason }) => reason !== "start");
      if (type === "bbo") {
        // Ids prove nothing here: each time without a socket is one row, with the events on both sides.
        assert.ok(later.length >= 1 && later.length <= 5 && later.every(({ reason }) => reason === "disconnect"), again);
        for (const { afterId, beforeId, fromTime, toTime } of later) {
          const at = keys.findIndex(([first]) => first === beforeId);
          assert.equal(keys[at - 1]![1], afterId, again);
          assert.ok(fromTime < toTime, again);
        }
        continue;
      }
      const live = scene.events(path).filter(({ event }) => event.origin === "live").map(({ type, event }) => type.sequenceKey(event)!);
      const expected = live.flatMap(([first], i) =>
        i > 0 && first > live[i - 1]![1] + 1 ? [[live[i - 1]![1], first, first - live[i - 1]![1] - 1]] : []
      );
      const seen = later.filter(({ outcome }) => outcome === "open");
      assert.deepEqual(seen.map(({ afterId, beforeId, missing }) => [afterId, beforeId, missing]), expected, again);
      assert.ok(later.every(({ reason, fromTime, toTime }) => reason === "sequence" && fromTime <= toTime), again);
      if (type === "trade") {
        const settled = later.filter(({ outcome }) => outcome !== "open");
        assert.deepEqual(
          settled.map(({ afterId, beforeId, missing, healedRows, outcome }) => [afterId, beforeId, missing === healedRows, outcome]),
          expected.map(([afterId, beforeId]) => [afterId, beforeId, true, "healed"]),
          again,
        );
        assertHealed(scene, path, again);
      }
      holes += expected.length;
    }
    assert.ok(holes > 0, "no cut made a hole");
  });
}

test("a quiet market that is rotated tells of no hole", async () => {
  const scene = sceneOf(3, { rate: 0.05, workerMaxAgeMs: 5_000 });
  await scene.world.advance(600_000);
  await scene.settle();
  assert.ok(scene.rotations > 50, `${scene.rotations} rotations`);
  assert.deepEqual(scene.published.own<GapEvent>("gap").filter(({ reason }) => reason !== "start"), []);
});

test("a symbol that is listed later has its hole from when the universe last lacked it", async () => {
  const scene = sceneOf(4, { universeIntervalMs: 5_000 });
  await scene.world.advance(12_000);
  scene.market.list("NEWUSDT");
  await scene.world.advance(15_000);
  await scene.settle();
  const rows = scene.published.own<GapEvent>("gap").filter(({ symbol }) => symbol === "NEWUSDT");
  assert.ok(rows.length > 0 && rows.every(({ reason, afterId }) => reason === "listed" && afterId === undefined));
  for (const { fromTime, toTime } of rows) assert.ok(toTime - fromTime > 0 && toTime - fromTime < 15_000_000);
});

test("instrument rows: the universe as it was seen, and what was listed, changed and delisted since", async () => {
  const scene = sceneOf(5, { universeIntervalMs: 5_000 });
  await scene.world.advance(8_000);
  const [first] = scene.market.listings();
  scene.market.list("NEWUSDT");
  await scene.world.advance(6_000);
  scene.market.halt(first!.symbol);
  await scene.world.advance(6_000);
  scene.market.delist("NEWUSDT");
  await scene.world.advance(6_000);
  await scene.settle();
  const rows = scene.published.own<InstrumentEvent>("instrument");
  const told = (change: string) => rows.filter((row) => row.change === change).map(({ symbol, status }) => `${symbol} ${status}`);
  assert.equal(told("seen").length, 5, "four that trade and one that does not");
  assert.deepEqual([told("listed"), told("changed"), told("delisted")], [["NEWUSDT TRADING"], [`${first!.symbol} HALT`], [
    "NEWUSDT TRADING",
  ]]);
  assert.ok(rows.every(({ base, quote, kind, tickSize }) => base !== "" && quote !== "" && kind === "spot" && tickSize! > 0));
});

test("session rows: the recorder's life and every socket's, in order, and a clock that was set", async () => {
  const scene = sceneOf(6, { workerMaxAgeMs: 10_000 });
  await scene.world.advance(15_000);
  scene.world.host("recorder").stepWall(3_600_000);
  await scene.world.advance(5_000);
  scene.world.network.cutAll(VENUE);
  await scene.world.advance(10_000);
  await scene.settle();
  const rows = scene.published.own<SessionEvent>("session");
  assert.equal(rows[0]!.event, "start");
  assert.equal(rows.at(-1)!.event, "stop");
  const workers = new Set(rows.flatMap(({ worker }) => worker === undefined ? [] : [worker]));
  for (const worker of workers) {
    const life = rows.filter((row) => row.worker === worker).map(({ event }) => event);
    assert.equal(life[0], "connect", `${worker}: ${life}`);
    assert.equal(life.at(-1), "close", `${worker}: ${life}`);
    assert.equal(life.filter((event) => event === "close").length, 1, `${worker}: ${life}`);
  }
  assert.ok(workers.size >= 3);
  assert.ok(rows.some(({ event }) => event === "rotate"));
  assert.deepEqual(rows.filter(({ event }) => event === "clock_step").map(({ detail }) => detail), [
    "the wall clock was set by +3600.000 s",
  ]);
});

test("holes of a time in which the venue could not be reached are healed when it can be, and each is settled", async () => {
  const scene = sceneOf(7);
  await scene.world.advance(6_000);
  scene.world.network.cutAll(VENUE);
  await scene.world.advance(500);
  scene.world.network.partition(VENUE, true);
  await scene.world.advance(12_000);
  scene.world.network.partition(VENUE, false);
  await scene.world.advance(120_000);
  const rows = scene.published.own<GapEvent>("gap").filter(({ dataType, reason }) => dataType === "trade" && reason === "sequence");
  const outcomes = rows.map(({ outcome }) => outcome);
  assert.ok(outcomes.filter((outcome) => outcome === "healed").length > 0, `${outcomes}`);
  assert.equal(outcomes.filter((outcome) => outcome === "open").length, outcomes.filter((outcome) => outcome !== "open").length);
  await scene.settle();
});

test("the venue's clock against ours is a session row, at the start and whenever ours is set", async () => {
  const scene = sceneOf(7);
  await scene.world.advance(10_000);
  scene.world.host("recorder").stepWall(-3_600_000);
  await scene.world.advance(10_000);
  await scene.settle();
  const rows = scene.published.own<SessionEvent>("session").filter(({ event }) => event === "clock_offset");
  assert.equal(rows.length, 2);
  const [before, after] = rows.map(({ code, detail }) => ({
    offsetUs: code!,
    errorUs: Number(/within (\d+\.\d+) s$/.exec(detail!)![1]) * 1e6,
  }));
  assert.ok(before!.errorUs < 200_000 && Math.abs(before!.offsetUs) <= before!.errorUs, JSON.stringify(before));
  assert.ok(Math.abs(after!.offsetUs - 3_600_000_000) <= after!.errorUs, JSON.stringify(after));
});
