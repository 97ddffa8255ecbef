import assert from "node:assert/strict";
import { test } from "node:test";
import type { DepthEvent } from "../../src/events/depth.ts";
import type { GapEvent } from "../../src/events/gap.ts";
import { dateOf, US_PER_DAY, US_PER_S } from "../../src/lib/time.ts";
import { marketListings } from "../../src/sim/venue/market_names.ts";
import { SeededRandom } from "../../src/sim/world/seeded_random.ts";
import { Scene, type SceneOptions, VENUE } from "./scene.ts";
import { replayCommand, seedsFrom } from "./seeds.ts";

const FILE = "books.test.ts";

function sceneOf(seed: number, options: Partial<SceneOptions> = {}): Scene {
  return new Scene({ seed, listings: marketListings(seed, 4), rate: 100, ...options });
}

function depthPaths(scene: Scene): string[] {
  return scene.published.paths().filter((path) => path.includes("/depth/"));
}

/**
 * The book as a reader of the rows rebuilds it: the newest whole one, then every change with a higher id, in the order of ids. Throws where
 * the changes after it have a hole.
 */
function rebuilt(rows: readonly DepthEvent[]): { lastUpdateId: number; bids: [number, number][]; asks: [number, number][] } {
  const anchor = rows.filter(({ isSnapshot }) => isSnapshot).at(-1);
  assert.ok(anchor !== undefined, "no whole book");
  const sides = { bids: new Map(anchor.bids), asks: new Map(anchor.asks) };
  let last = anchor.lastUpdateId!;
  for (const row of rows.filter(({ isSnapshot }) => !isSnapshot)) {
    if (row.lastUpdateId! <= last) continue;
    assert.ok(row.firstUpdateId! <= last + 1, `a hole between ${last} and ${row.firstUpdateId}`);
    for (const side of ["bids", "asks"] as const) {
      for (const [price, size] of row[side]) size === 0 ? sides[side].delete(price) : sides[side].set(price, size);
    }
    last = row.lastUpdateId!;
  }
  const sorted = (side: Map<number, number>, sign: number) => [...side].sort((a, b) => sign * (a[0] - b[0]));
  return { lastUpdateId: last, bids: sorted(sides.bids, -1), asks: sorted(sides.asks, 1) };
}

function rowsOf(scene: Scene, path: string): DepthEvent[] {
  return scene.events(path).map(({ event }) => event as DepthEvent);
}

/** Every book rebuilt from its rows is the venue's, to the last level. */
function assertBooks(scene: Scene, again: string, from = -Infinity): void {
  for (const path of depthPaths(scene)) {
    const rows = rowsOf(scene, path).filter(({ recvTime }) => recvTime >= from);
    const book = scene.market.book(rows[0]!.symbol)!;
    const found = rebuilt(rows);
    const numbers = (side: readonly (readonly [string, string])[]) => side.map(([price, size]) => [Number(price), Number(size)]);
    assert.equal(found.lastUpdateId, book.lastUpdateId, `${path}\n${again}`);
    assert.deepEqual([found.bids, found.asks], [numbers(book.bids), numbers(book.asks)], `${path}\n${again}`);
  }
}

for (const seed of seedsFrom(1, 8)) {
  test(`the books rebuilt from the rows are the venue's, over rotations, cuts and slow lines (seed ${seed})`, async () => {
    const random = new SeededRandom(seed, "books");
    const scene = sceneOf(seed, { workerMaxAgeMs: 6_000 + random.below(20_000) });
    Object.assign(scene.world.network.conditions, { latencyMs: 2 + random.below(300), jitterMs: random.below(80) });
    for (let i = 0; i < 5; i++) {
      await scene.world.advance(15_000 + random.below(10_000));
      scene.world.network.cutAll(VENUE);
    }
    await scene.world.advance(60_000);
    await scene.settle();
    const again = `again: ${replayCommand(FILE, seed)}`;
    assertBooks(scene, again);
    const gaps = scene.published.own<GapEvent>("gap").filter(({ dataType, reason }) => dataType === "depth" && reason === "sequence");
    const settled = gaps.filter(({ outcome }) => outcome !== "open");
    assert.ok(
      settled.length > 0 && settled.every(({ outcome }) => outcome === "resnapshot"),
      `${gaps.map(({ outcome }) => outcome)}\n${again}`,
    );
    assert.equal(gaps.length, 2 * settled.length, again);
    // A cut that the venue does not hear of ends at its pong deadline; every other end would be a limit we broke.
    assert.deepEqual(scene.ledger.offences().filter((text) => !text.endsWith("Pong timeout")), [], again);
  });
}

test("a hole of one symbol fetches that symbol's book and no other", async () => {
  const scene = sceneOf(3, { streamsPerWorkerMax: 3 });
  await scene.world.advance(30_000);
  const before = new Map(depthPaths(scene).map((path) => [path, rowsOf(scene, path).filter(({ isSnapshot }) => isSnapshot).length]));
  assert.ok([...before.values()].every((count) => count === 1), `${[...before.values()]}`);
  scene.world.network.cut(VENUE, 0);
  await scene.world.advance(60_000);
  await scene.settle();
  const holed = new Set(
    scene.published.own<GapEvent>("gap").filter(({ reason, dataType }) => reason === "sequence" && dataType === "depth").map(({ symbol }) =>
      symbol
    ),
  );
  assert.ok(holed.size >= 1 && holed.size < before.size, `${[...holed]}`);
  for (const path of depthPaths(scene)) {
    const rows = rowsOf(scene, path);
    assert.equal(rows.filter(({ isSnapshot }) => isSnapshot).length, holed.has(rows[0]!.symbol) ? 2 : 1, path);
  }
});

test("a book that changes much is fetched again after so many changes, and no other is", async () => {
  const changes = 1_000;
  const scene = sceneOf(6, { bookAnchorChanges: changes });
  await scene.world.advance(180_000);
  await scene.settle();
  const counts = depthPaths(scene).map((path) => {
    const rows = rowsOf(scene, path);
    const anchors = rows.filter(({ isSnapshot }) => isSnapshot).map(({ lastUpdateId }) => lastUpdateId!);
    const between = [...anchors, rows.at(-1)!.lastUpdateId!].slice(1).map((id, i) => id - anchors[i]!);
    const perSecond = (rows.at(-1)!.lastUpdateId! - rows[0]!.firstUpdateId!) / 180;
    assert.ok(between.every((each) => each <= changes + 5 * perSecond), `${path}: ${between} at ${perSecond} a second`);
    assert.ok(between.slice(0, -1).every((each) => each >= changes - 5 * perSecond), `${path}: ${between} at ${perSecond} a second`);
    return anchors.length;
  });
  assert.ok(Math.max(...counts) >= 3, `${counts}`);
  assertBooks(scene, FILE);
});

test("each UTC day and each interval has a book of its own, so a day's rows alone rebuild it", async () => {
  const startTime = Math.ceil(1_795_000_000_000_000 / US_PER_DAY) * US_PER_DAY - 90 * US_PER_S;
  const scene = sceneOf(4, { rate: 20, startTime, bookAnchorIntervalMs: 120_000 });
  await scene.world.advance(500_000);
  await scene.settle();
  for (const path of depthPaths(scene)) {
    const anchors = rowsOf(scene, path).filter(({ isSnapshot }) => isSnapshot);
    assert.ok(anchors.length >= 5, `${path}: ${anchors.length} books in 500 s`);
    assert.equal(new Set(anchors.map(({ recvTime }) => dateOf(recvTime))).size, 2, path);
    assert.ok(
      anchors.every(({ origin, firstUpdateId, eventTime }) =>
        origin === "snapshot" && firstUpdateId === undefined && eventTime === undefined
      ),
    );
  }
  assertBooks(scene, FILE, startTime + 90 * US_PER_S);
});
