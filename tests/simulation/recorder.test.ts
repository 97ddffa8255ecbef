import assert from "node:assert/strict";
import { test } from "node:test";
import { StorageError } from "../../src/lib/errors.ts";
import { US_PER_DAY, US_PER_S } from "../../src/lib/time.ts";
import { SeededRandom } from "../../src/sim/world/seeded_random.ts";
import type { InvariantOptions } from "../support/invariants.ts";
import { tempFolder } from "../support/temp_folder.ts";
import { Recording, type RecordingOptions } from "./recording.ts";
import { VENUE } from "./scene.ts";
import { replayCommand, seedsFrom } from "./seeds.ts";

const FILE = "recorder.test.ts";
const folder = tempFolder("recorder");
const MIDNIGHT = Math.ceil(1_795_000_000_000_000 / US_PER_DAY) * US_PER_DAY;
const SMALL: Omit<RecordingOptions, "seed"> = { symbols: 3, rate: 60, flushIntervalMs: 5_000 };

/** Rows on disk are what the venue sent; what is missing counts unless it may be. */
async function assertStored(
  recording: Recording,
  { mayMiss = false, ...options }: InvariantOptions & { readonly mayMiss?: boolean } = {},
): Promise<number> {
  const { differences, rows } = await recording.compare(`${folder}/data`, options);
  const excused = mayMiss ? ["missing", "nothing was stored", "I4:"] : [];
  const found = differences.filter((text) => !excused.some((each) => text.includes(each)));
  assert.deepEqual(found, [], `${found[0]}\n  again: ${replayCommand(FILE, recording.world.seed)}`);
  return rows;
}

/** Under tmp/, beside what is kept of the venue's limits for the next start. */
function waitingFiles(recording: Recording): string[] {
  return [...recording.files().keys()].filter((name) => name.startsWith("tmp/") && name !== "tmp/budget/binance.json");
}

for (const seed of seedsFrom(1, 12)) {
  test(`every event that arrived is in the day files once, in order, bit for bit, over rotations and midnight (seed ${seed})`, async () => {
    const random = new SeededRandom(seed, "recording");
    const recording = new Recording({
      seed,
      symbols: 2 + random.below(5),
      rate: 20 + random.below(80),
      flushIntervalMs: 1_000 * (1 + random.below(20)),
      workerMaxAgeMs: 5_000 + random.below(20_000),
      startTime: MIDNIGHT - random.below(90) * US_PER_S,
    });
    recording.start();
    await recording.world.advance(90_000);
    const summary = await recording.finish();
    const rows = await assertStored(recording, { isLossless: true, isDrained: true });
    assert.equal(rows, Object.values(summary.events).reduce((sum, each) => sum + each, 0));
    const { outcome, gaps, gapsPossible, quarantined, scansDeclined } = summary;
    assert.deepEqual({ outcome, gaps, gapsPossible, quarantined, scansDeclined }, {
      outcome: "drained",
      gaps: 0,
      gapsPossible: 0,
      quarantined: 0,
      scansDeclined: 0,
    });
    assert.ok(summary.rowsMerged > rows, "its own rows are merged too");
    assert.deepEqual(waitingFiles(recording), []);
    assert.deepEqual(recording.errors(), []);
  });
}

test("same seed, same bytes on disk", async () => {
  const run = async () => {
    const recording = new Recording({ ...SMALL, seed: 5, workerMaxAgeMs: 8_000 });
    recording.start();
    await recording.world.advance(40_000);
    await recording.finish();
    return recording.files();
  };
  const [first, second] = [await run(), await run()];
  assert.ok(first.size > 6);
  assert.deepEqual(first, second);
});

test("a quiet symbol still lands in the day file", async () => {
  const recording = new Recording({ seed: 3, symbols: 2, rate: 0.02, flushIntervalMs: 60_000 });
  recording.start();
  await recording.world.advance(2 * 3_600_000);
  const before = [...recording.files().keys()].filter((name) => name.startsWith("binance/"));
  assert.ok(before.length > 0, "no day file after two hours of a quiet market");
  await recording.finish();
  assert.ok(await assertStored(recording) > 20);
});

test("the death of the storage thread, at any moment, costs nothing", async () => {
  for (const seed of seedsFrom(40, 6)) {
    const random = new SeededRandom(seed, "deaths");
    const recording = new Recording({ ...SMALL, seed, flushIntervalMs: 2_000 });
    recording.start();
    for (let i = 0; i < 4; i++) {
      await recording.world.advance(3_000 + random.below(9_000));
      recording.host.killThread("killed", random.below(6_000));
    }
    await recording.world.advance(10_000);
    const summary = await recording.finish();
    assert.ok(await assertStored(recording) > 500);
    assert.equal(summary.outcome, "drained");
    const deaths = recording.log.filter(({ message }) => message.startsWith("a thread ended")).length;
    assert.ok(deaths >= 2 && deaths <= 4, `${deaths} deaths were told`); // one that dies again before it was missed is missed once
  }
});

test("SIGKILL at any moment costs what was not yet a chunk, doubles nothing, and the next start merges the rest", async () => {
  for (const seed of seedsFrom(60, 6)) {
    const random = new SeededRandom(seed, "kills");
    const recording = new Recording({ ...SMALL, seed, flushIntervalMs: 1_000 });
    for (let i = 0; i < 4; i++) {
      recording.start();
      await recording.world.advance(8_000 + random.below(6_000));
      recording.host.kill();
      await recording.world.advance(random.below(3_000));
    }
    recording.start();
    await recording.world.advance(10_000);
    await recording.finish();
    const rows = await assertStored(recording, { mayMiss: true });
    // Four kills, each of at most a flush interval and a little: the rest must be there.
    assert.ok(rows > 0.8 * recording.ledger.eventCount, `${rows} of ${recording.ledger.eventCount}`);
    assert.deepEqual(waitingFiles(recording), []);
  }
});

test("a restart after the clock was set back puts its rows behind those the dead process left", async () => {
  for (const seed of seedsFrom(70, 3)) {
    const recording = new Recording({ ...SMALL, seed, flushIntervalMs: 1_000 });
    for (let i = 0; i < 3; i++) {
      recording.start();
      await recording.world.advance(4_400);
      recording.host.kill();
      recording.host.stepWall(-600_000);
      recording.host.disk.failOn((_op, path) => path.endsWith(".pq") && !path.includes("/tmp/") ? "EIO" : undefined); // nothing is merged yet
    }
    recording.start();
    await recording.world.advance(5_000);
    recording.host.disk.failOn(() => undefined);
    await recording.world.advance(5_000);
    await recording.finish();
    assert.ok(await assertStored(recording, { mayMiss: true, isDrained: true }) > 100);
  }
});

test("a power cut leaves day files that open, without a row twice or out of order", async () => {
  for (const seed of seedsFrom(80, 6)) {
    const random = new SeededRandom(seed, "cuts");
    const recording = new Recording({ ...SMALL, seed, flushIntervalMs: 1_000 });
    for (let i = 0; i < 3; i++) {
      recording.start();
      await recording.world.advance(9_000 + random.below(9_000));
      recording.host.powerCut({ isTorn: i % 2 === 1 });
      await recording.world.advance(2_000);
    }
    recording.start();
    await recording.world.advance(6_000);
    await recording.finish();
    assert.ok(await assertStored(recording, { mayMiss: true }) > 100);
  }
});

test("a power cut takes nothing from a day file: what was merged is there, byte for byte, and opens before the restart", async () => {
  for (const seed of seedsFrom(100, 2)) {
    const random = new SeededRandom(seed, "published");
    const recording = new Recording({ ...SMALL, seed, flushIntervalMs: 1_000, startTime: MIDNIGHT - 20 * US_PER_S });
    const published = () => new Map([...recording.files()].filter(([name]) => name.startsWith("binance/")));
    for (let i = 0; i < 5; i++) {
      recording.start();
      await recording.world.advance(3_000 + random.below(6_000));
      const before = published();
      recording.host.powerCut({ isTorn: i % 2 === 1 });
      const after = published();
      for (const [name, bytes] of before) {
        assert.ok(after.has(name), `${name} is gone (seed ${seed})`);
        assert.deepEqual(after.get(name), bytes, `${name} was changed by the power cut (seed ${seed})`);
      }
    }
    await assertStored(recording, { mayMiss: true, isCutShort: true });
    assert.ok(published().size > 6, "no day file");
  }
});

test("a disk that refuses for ten seconds costs nothing; one that refuses for good ends the recorder with StorageError", async () => {
  const recording = new Recording({ ...SMALL, seed: 7, flushIntervalMs: 2_000 });
  recording.start();
  await recording.world.advance(7_000);
  recording.host.disk.failOn((_op, path) => path.includes("/tmp/") ? "ENOSPC" : undefined);
  await recording.world.advance(10_000);
  recording.host.disk.failOn(() => undefined);
  await recording.world.advance(10_000);
  await recording.finish();
  assert.ok(await assertStored(recording) > 500);
  assert.ok(recording.log.some(({ message }) => message.startsWith("disk refuses rows")));

  const full = new Recording({ ...SMALL, seed: 8, flushIntervalMs: 2_000 });
  full.start();
  await full.world.advance(7_000);
  full.host.disk.failOn((op) => op === "append" ? "ENOSPC" : undefined);
  await assert.rejects(full.ended(120_000), (error) => error instanceof StorageError && error.code === "ENOSPC");
  full.host.disk.failOn(() => undefined);
  await assertStored(full, { mayMiss: true, isCutShort: true });
});

test("a ban outlives the recorder it was spoken to: the next one waits it out", async () => {
  const recording = new Recording({ ...SMALL, seed: 10 });
  recording.world.network.refuse(VENUE, { refuse: 418, retryAfterMs: 120_000, reason: "Banned" });
  recording.start();
  await recording.world.advance(5_000);
  recording.host.kill();
  recording.world.network.refuse(VENUE, undefined);
  recording.start();
  await recording.world.advance(110_000);
  assert.equal(recording.venue.summary().opened, 0);
  await recording.world.advance(30_000);
  assert.equal(recording.venue.summary().opened, 1);
  await recording.finish();
  await assertStored(recording);
});

test("a second recorder on the same data path is refused, and told who holds it", async () => {
  const recording = new Recording({ ...SMALL, seed: 9 });
  recording.start();
  await recording.world.advance(3_000);
  const { lockDataPath } = await import("../../src/processing/storage/lock.ts");
  const runtime = recording.world.runtime("recorder");
  assert.throws(
    () => lockDataPath(runtime, "/data", "another"),
    (error) => error instanceof StorageError && /held by another argus \(argus test, pid \d+ on recorder, since 20/.test(error.message),
  );
  await recording.finish();
  lockDataPath(runtime, "/data", "another").release();
});
