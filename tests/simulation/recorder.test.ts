import assert from "node:assert/strict";
import { test } from "node:test";
import { StorageError } from "../../src/lib/errors.ts";
import { US_PER_DAY, US_PER_S } from "../../src/lib/time.ts";
import { SeededRandom } from "../../src/sim/world/seeded_random.ts";
import { duckdb, quoted } from "../readers/readers.ts";
import type { InvariantOptions } from "../support/invariants.ts";
import { tempFolder } from "../support/temp_folder.ts";
import { Recording, type RecordingOptions } from "./recording.ts";
import { VENUE } from "./scene.ts";
import { assertCommitted, type Life } from "./survival.ts";
import { replayCommand, seedsFrom } from "./seeds.ts";

const FILE = "recorder.test.ts";
const folder = tempFolder("recorder");
const MIDNIGHT = Math.ceil(1_795_000_000_000_000 / US_PER_DAY) * US_PER_DAY;
const SMALL: Omit<RecordingOptions, "seed"> = { symbols: 3, rate: 60, flushIntervalMs: 5_000 };

/** Rows on disk are what the venue sent, but for the last second of each life that ended without a word. */
async function assertStored(recording: Recording, options: InvariantOptions = {}): Promise<number> {
  const { differences, rows } = await recording.compare(`${folder}/data`, options);
  assert.deepEqual(differences, [], `${differences[0]}\n  again: ${replayCommand(FILE, recording.world.seed)}`);
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

test("the death of the storage and the journal thread, at any moment, costs nothing", async () => {
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
    const deaths = recording.log.filter(({ message }) => message.startsWith("a thread ended"));
    for (const name of ["storage", "journal"]) {
      const told = deaths.filter(({ fields }) => fields["thread"] === name).length;
      assert.ok(told >= 2 && told <= 4, `${told} deaths of ${name} were told`); // one that dies again before it was missed is missed once
    }
  }
});

test("SIGKILL at any moment costs at most a second, nothing that was committed, and doubles nothing", async () => {
  for (const seed of seedsFrom(60, 6)) {
    const random = new SeededRandom(seed, "kills");
    const recording = new Recording({ ...SMALL, seed, flushIntervalMs: 60_000 });
    for (let i = 0; i < 4; i++) {
      recording.start();
      await recording.world.advance(8_000 + random.below(6_000));
      recording.die();
      await recording.world.advance(random.below(3_000));
    }
    recording.start();
    await recording.world.advance(10_000);
    await recording.finish();
    const rows = await assertStored(recording);
    const committed = await assertCommitted(`${folder}/data`, recording.ledger.lives);
    assert.ok(committed > 0.8 * rows, `${committed} rows of ${rows} were committed`);
    assert.deepEqual(waitingFiles(recording), []);
  }
});

test("a restart after the clock was set back puts its rows behind those the dead process left", async () => {
  for (const seed of seedsFrom(70, 3)) {
    const recording = new Recording({ ...SMALL, seed, flushIntervalMs: 1_000 });
    for (let i = 0; i < 3; i++) {
      recording.start();
      await recording.world.advance(4_400);
      recording.die();
      recording.host.stepWall(-600_000);
      recording.host.disk.failOn((_op, path) => path.endsWith(".pq") && !path.includes("/tmp/") ? "EIO" : undefined); // nothing is merged yet
    }
    recording.start();
    await recording.world.advance(5_000);
    recording.host.disk.failOn(() => undefined);
    await recording.world.advance(5_000);
    await recording.finish();
    assert.ok(await assertStored(recording, { isDrained: true }) > 100);
  }
});

test("the hole of a restart begins with the last row of the life before; what a damaged journal lost is a row with both edges", async () => {
  const recording = new Recording({ ...SMALL, seed: 11, flushIntervalMs: 60_000 });
  recording.start();
  await recording.world.advance(12_000);
  recording.die();
  recording.damageJournal();
  await recording.world.advance(4_000);
  recording.start();
  await recording.world.advance(10_000);
  await recording.finish();
  await recording.compare(`${folder}/data`);
  const [{ toTime }] = recording.ledger.lives as [Life];
  const sql = await duckdb();
  const rows = (type: string, where: string) =>
    sql(`SELECT *, epoch_us(from_time) AS from_us, epoch_us(to_time) AS to_us FROM
      read_parquet(${quoted(`${folder}/data/binance/${type}/*/*/*.pq`)}) WHERE ${where}`);
  const starts = await rows("gap", `reason = 'start' AND epoch_us(recv_time) > ${toTime}`);
  assert.equal(starts.length, 9, "three types of three symbols");
  for (const { data_type, symbol, from_us } of starts) {
    const [last] = await sql(`SELECT max(epoch_us(recv_time)) AS us FROM
      read_parquet(${quoted(`${folder}/data/binance/${data_type}/${symbol}/*/*.pq`)}) WHERE epoch_us(recv_time) <= ${toTime}`);
    assert.equal(Number(from_us), Number(last!["us"]), `${data_type} of ${symbol}`);
  }
  const lost = (await rows("gap", "reason = 'journal'"))[0];
  assert.ok(lost !== undefined && lost["outcome"] === "unhealable" && Number(lost["from_us"]) < Number(lost["to_us"]));
  const { data_type: type, symbol, after_id: after, before_id: before, missing } = lost as Record<string, number>;
  const between = recording.ledger.owed().get(`binance/${type}/${symbol}`)!.filter(({ seq }) => seq[0] > after! && seq[1] < before!);
  assert.equal(between.length, Number(missing), "what the ledger has between the edges");
  assert.ok(recording.log.some(({ message }) => message.startsWith("the journal was damaged")));
});

test("a power cut costs at most a second, nothing that was committed, and leaves day files that open", async () => {
  for (const seed of seedsFrom(80, 6)) {
    const random = new SeededRandom(seed, "cuts");
    const recording = new Recording({ ...SMALL, seed, flushIntervalMs: 1_000 });
    for (let i = 0; i < 3; i++) {
      recording.start();
      await recording.world.advance(9_000 + random.below(9_000));
      recording.die(i % 2 === 1 ? "torn" : "power");
      await recording.world.advance(2_000);
    }
    recording.start();
    await recording.world.advance(6_000);
    await recording.finish();
    assert.ok(await assertStored(recording) > 100);
    assert.ok(await assertCommitted(`${folder}/data`, recording.ledger.lives) > 100);
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
      recording.die(i % 2 === 1 ? "torn" : "power");
      const after = published();
      for (const [name, bytes] of before) {
        assert.ok(after.has(name), `${name} is gone (seed ${seed})`);
        assert.deepEqual(after.get(name), bytes, `${name} was changed by the power cut (seed ${seed})`);
      }
    }
    const { differences } = await recording.compare(`${folder}/data`, { isCutShort: true });
    assert.deepEqual(
      differences.filter((text) => !/^I4:|missing|nothing was stored/.test(text)),
      [],
      "beside what is still in the journal",
    );
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
  full.stopOwing();
  await assert.rejects(full.ended(120_000), (error) => error instanceof StorageError && error.code === "ENOSPC");
  full.host.disk.failOn(() => undefined);
  full.start();
  await full.world.advance(5_000);
  await full.finish();
  assert.ok(await assertStored(full) > 100, "what was received before the disk was full");
  assert.ok(await assertCommitted(`${folder}/data`, full.ledger.lives) > 100);
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
