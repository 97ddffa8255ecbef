import assert from "node:assert/strict";
import { test } from "node:test";
import type { RecordSummary } from "../../src/app/record.ts";
import { requestText } from "../../src/app/takeover/request.ts";
import { StorageError } from "../../src/lib/errors.ts";
import { lockDataPath } from "../../src/processing/storage/lock.ts";
import { SeededRandom } from "../../src/sim/world/seeded_random.ts";
import { duckdb, quoted } from "../readers/readers.ts";
import type { InvariantOptions } from "../support/invariants.ts";
import { tempFolder } from "../support/temp_folder.ts";
import { happen, mixedRecording } from "./mixed_world.ts";
import { Recording } from "./recording.ts";
import { VENUE } from "./scene.ts";
import { seededTest, seedsFrom } from "./seeds.ts";

const FILE = "takeover_seeds.test.ts";
const folder = tempFolder("takeovers");

function recordingOf(seed: number, random = new SeededRandom(seed, "takeovers")): Recording {
  const recording = new Recording({
    seed,
    symbols: 2 + random.below(4),
    rate: 20 + random.below(100),
    flushIntervalMs: 500 + random.below(8_000),
    workerMaxAgeMs: 3_000 + random.below(20_000),
    redundancy: 1 + random.below(2),
  });
  Object.assign(recording.world.network.conditions, { latencyMs: 2 + random.below(150), jitterMs: random.below(60), stallOneIn: 200 });
  return recording;
}

async function assertStored(recording: Recording, options: InvariantOptions = {}): Promise<string> {
  const data = `${folder}/${recording.world.seed}`;
  const { differences, rows } = await recording.compare(data, { isDrained: true, ...options });
  assert.deepEqual(differences, []);
  assert.ok(rows > 200, `${rows} rows`);
  return data;
}

/** Rows of holes, but for those of the first start. */
async function holesIn(data: string): Promise<readonly Record<string, unknown>[]> {
  const sql = await duckdb();
  return await sql(
    `SELECT * FROM read_parquet(${quoted(`${data}/binance/gap/*/*/*.pq`)}) QUALIFY reason <> 'start' OR
     row_number() OVER (PARTITION BY symbol, data_type ORDER BY recv_time) > 1`,
  );
}

/** Anywhere on the way, or within the half second in which one leaves and the other one goes on. */
async function someMoment({ world, log }: Recording, random: SeededRandom): Promise<void> {
  if (random.below(3) === 0) return await world.advance(random.below(7_000));
  await world.runUntil(() => log.some(({ message }) => message.startsWith("another recorder takes over")), 20_000);
  await world.advance(random.below(4) === 0 ? 0 : random.below(500));
}

function tookOver({ log }: Recording): number {
  return log.filter(({ message }) => message === "took over").length;
}

for (const seed of seedsFrom(1, 2)) {
  seededTest(
    FILE,
    seed,
    "recorders that take over from each other under load lose, double and reorder nothing, and tell of no hole",
    async () => {
      const random = new SeededRandom(seed, "takeovers");
      const recording = recordingOf(seed, random);
      recording.start();
      await recording.world.advance(4_000 + random.below(8_000));
      for (let i = 0; i < 3; i++) {
        const { before } = recording.takeOver();
        assert.equal((await recording.world.runUntil<RecordSummary>(before.end, 60_000)).outcome, "drained");
        await recording.world.advance(random.below(8_000));
      }
      await recording.finish();
      const data = await assertStored(recording, { isLossless: true });
      assert.deepEqual(await holesIn(data), []);
      assert.equal(tookOver(recording), 3);
      assert.deepEqual(recording.errors(), []);
    },
  );
}

for (const seed of seedsFrom(100, 2)) {
  seededTest(FILE, seed, "the one that leaves is killed at any moment of it: the other one goes on from what is on disk", async () => {
    const random = new SeededRandom(seed, "killed");
    const recording = recordingOf(seed, random);
    recording.start();
    await recording.world.advance(4_000 + random.below(8_000));
    const { before } = recording.takeOver();
    await someMoment(recording, random);
    recording.kill(before);
    await recording.world.advance(15_000);
    await recording.finish();
    await assertStored(recording);
    assert.ok(recording.log.some(({ message }) => /^took over|is gone without a word/.test(message)));
  });
}

for (const seed of seedsFrom(200, 2)) {
  seededTest(FILE, seed, "the one that asks is killed at any moment: the other one stays, or has left, and a hole is told", async () => {
    const random = new SeededRandom(seed, "asker");
    const recording = recordingOf(seed, random);
    recording.start();
    await recording.world.advance(4_000 + random.below(4_000));
    const { before, after } = recording.takeOver();
    await someMoment(recording, random);
    recording.kill(after);
    await recording.world.advance(5_000);
    if (before.process.life.isOver) recording.start();
    await recording.world.advance(10_000);
    await recording.finish();
    await assertStored(recording);
  });
}

test("what the one that leaves has said is durable: killed that very moment, nothing is missing", async () => {
  const recording = new Recording({ seed: 150, symbols: 2, rate: 300, flushIntervalMs: 10_000 });
  recording.start();
  await recording.world.advance(6_060); // between two writes of the journal
  const { before } = recording.takeOver();
  await recording.world.runUntil(() => [...recording.files().keys()].some((name) => name.endsWith(".left")), 20_000);
  recording.kill(before);
  await recording.world.advance(5_000);
  await recording.finish();
  assert.deepEqual(await holesIn(await assertStored(recording, { isLossless: true })), []);
  assert.equal(tookOver(recording), 1);
});

test("one that hangs for half a minute after it stopped is waited for, and nothing is missing", async () => {
  const recording = new Recording({ seed: 152, symbols: 2, rate: 120, flushIntervalMs: 10_000 });
  recording.start();
  await recording.world.advance(6_000);
  const { before } = recording.takeOver();
  await recording.world.runUntil(() => recording.log.some(({ message }) => message.startsWith("another recorder takes over")), 20_000);
  before.process.life.pauseUntil((recording.world.nowMs + 32_000) * 1_000);
  await recording.world.runUntil(before.end, 60_000);
  await recording.world.advance(3_000);
  await recording.finish();
  assert.deepEqual(await holesIn(await assertStored(recording, { isLossless: true })), []);
  assert.deepEqual(recording.errors().map(({ message }) => message.split(";")[0]), [
    "the recorder before took the request and neither answers nor ends",
  ]);
});

test("holes that are being filled, and books that are to begin anew, are settled by the one that goes on", async () => {
  let isDown = false;
  const recording = new Recording({
    seed: 151,
    symbols: 3,
    rate: 60,
    flushIntervalMs: 5_000,
    through: (venue) => ({
      connect: (...args) => venue.connect(...args),
      request: (request, address) => {
        const isAsked = /historicalTrades|depth/.test(request.target);
        return isDown && isAsked ? { status: 503, headers: {}, body: "down" } : venue.request(request, address);
      },
    }),
  });
  recording.start();
  await recording.world.advance(8_000);
  isDown = true;
  recording.world.network.cutAll(VENUE);
  await recording.world.advance(4_000);
  const { before } = recording.takeOver();
  await recording.world.runUntil(before.end, 20_000);
  isDown = false;
  await recording.world.advance(60_000);
  await recording.finish();
  const told = (await holesIn(await assertStored(recording))).filter(({ reason }) => reason === "sequence");
  const settled = told.filter(({ outcome }) => outcome !== "open");
  assert.ok(settled.length >= 4, `${settled.length} holes`);
  assert.equal(told.length, 2 * settled.length);
  assert.deepEqual([...new Set(settled.map(({ data_type, outcome }) => `${data_type} ${outcome}`))].sort(), [
    "depth resnapshot",
    "trade healed",
  ]);
  for (const { data_type, missing, healed_rows } of settled) if (data_type === "trade") assert.equal(healed_rows, missing);
});

test("one that hangs when it is asked records on as before, and the asker gives up", async () => {
  const recording = recordingOf(301);
  recording.start();
  await recording.world.advance(6_000);
  const { before, after } = recording.takeOver();
  await recording.world.advance(2_000);
  before.process.life.pauseUntil((recording.world.nowMs + 15_000) * 1_000);
  await assert.rejects(
    recording.world.runUntil(after.end, 30_000),
    (error) => error instanceof StorageError && /take over \/data: .*does not answer within 10 s/.test(error.message),
  );
  await recording.world.advance(10_000);
  assert.equal(before.process.life.isOver, false);
  await recording.finish();
  await assertStored(recording);
});

test("an older version, or another program, does not know the question: the asker gives up", async () => {
  const recording = recordingOf(302);
  const lock = lockDataPath(recording.world.runtime("recorder"), "/data", "argus 0.0.1");
  lock.release();
  recording.start();
  await recording.world.advance(3_000);
  await recording.stop();
  const older = lockDataPath(recording.world.host("recorder").besides(), "/data", "argus 0.0.1");
  const { after } = recording.takeOver();
  await assert.rejects(recording.world.runUntil(after.end, 30_000), /does not answer within 10 s/);
  older.release();
});

test("of two that ask, one takes over and the other one exits", async () => {
  const recording = recordingOf(303);
  recording.start();
  await recording.world.advance(6_000);
  const { before, after } = recording.takeOver();
  await recording.world.advance(500);
  const { after: second } = recording.takeOver();
  await assert.rejects(
    recording.world.runUntil(second.end, 5_000),
    /take over \/data: another argus does so already \(argus test, pid 1001/,
  );
  await recording.world.runUntil(before.end, 60_000);
  assert.equal(after.process.life.isOver, false);
  await recording.world.advance(3_000);
  await recording.finish();
  assert.deepEqual(await holesIn(await assertStored(recording, { isLossless: true })), []);
});

test("one that would record less is refused, and told what would end", async () => {
  const recording = recordingOf(304);
  recording.start();
  await recording.world.advance(6_000);
  const { after } = recording.takeOver({ types: ["bbo", "trade"] });
  await assert.rejects(
    recording.world.runUntil(after.end, 30_000),
    (error) => error instanceof StorageError && /streams that are recorded now would end: binance\/depth\//.test(error.message),
  );
  await recording.world.advance(2_000);
  await recording.finish();
  await assertStored(recording, { isLossless: true });
});

test("one that is told to stop before it was let in records nothing, and the other one stays", async () => {
  const recording = recordingOf(306);
  recording.start();
  await recording.world.advance(6_000);
  const { before, after } = recording.takeOver();
  await recording.world.advance(2_000);
  after.stop.abort();
  const { outcome, events } = await recording.world.runUntil<RecordSummary>(after.end, 5_000);
  assert.deepEqual([outcome, Object.values(events)], ["drained", [0, 0, 0]]);
  await recording.world.advance(3_000);
  assert.equal(before.process.life.isOver, false);
  await recording.finish();
  await assertStored(recording, { isLossless: true });
});

test("what another version left is not read: the one that goes on waits for it to end, and goes on from what is on disk", async () => {
  const recording = recordingOf(307);
  recording.start();
  await recording.world.advance(6_000);
  const { before } = recording.takeOver();
  const left = () => [...recording.files().keys()].find((name) => name.endsWith(".left"));
  await recording.world.runUntil(() => left() !== undefined, 20_000);
  const path = `/data/${left()!}`;
  const { disk } = recording.world.runtime("recorder");
  disk.remove(path);
  const file = disk.open(path, "create");
  file.append(new TextEncoder().encode('{"format":2}'));
  file.close();
  await recording.world.runUntil(before.end, 60_000);
  await recording.world.advance(5_000);
  await recording.finish();
  await assertStored(recording, { isLossless: true });
  assert.ok(recording.log.some(({ message }) => message.startsWith("what the recorder before left cannot be read here")));
  assert.equal(tookOver(recording), 0);
});

test("with nobody there it is a usual start; a request that nobody stands behind does no harm and goes", async () => {
  const recording = recordingOf(305);
  recording.takeOver();
  await recording.world.advance(6_000);
  assert.ok(recording.log.some(({ message }) => message.startsWith("no recorder to take over from")));
  const { disk } = recording.world.runtime("recorder");
  const everything = { binance: { symbols: ["*"], exclude: [], types: ["bbo", "trade", "depth"] } };
  for (
    const text of [
      "half a requ",
      requestText({ holder: "one that is gone", hash: "99991231T235959999Z-00", isReady: true, sources: everything }),
    ]
  ) {
    const file = disk.open("/data/argus.takeover", "create");
    file.append(new TextEncoder().encode(text));
    file.close();
    await recording.world.advance(2_000);
    assert.equal(disk.exists("/data/argus.takeover"), false);
  }
  assert.equal(recording.isOver, false);
  await recording.finish();
  await assertStored(recording, { isLossless: true });
});

for (const seed of seedsFrom(400, 1)) {
  seededTest(FILE, seed, "takeovers among everything else that goes wrong: the day files are right and every hole is told", async () => {
    const random = new SeededRandom(seed, "mixed takeovers");
    const { recording, wire } = mixedRecording(seed, random);
    const { world, host } = recording;
    const takeOver = async () => {
      if (recording.isOver) return recording.start();
      const { before, after } = recording.takeOver();
      const ended = new Set<unknown>();
      for (const each of [before, after]) each.end.then(() => ended.add(each), () => ended.add(each));
      const late = world.nowMs + 2_000 + random.below(16_000);
      await world.runUntil(() => ended.size > 0 || world.nowMs > late, 30_000);
      if (random.below(3) === 0) recording.kill(random.below(2) === 0 ? before : after);
    };
    recording.start();
    await happen(world, random, [
      takeOver,
      takeOver,
      takeOver,
      () => host.killThread("killed", random.below(3_000)),
      async () => {
        host.disk.failOn((_op, path) => path.includes("/tmp/") ? "ENOSPC" : undefined);
        await world.advance(random.below(6_000));
        host.disk.failOn(() => undefined);
      },
    ]);
    wire.mend();
    recording.venue.stopFaults();
    await world.advance(90_000); // whoever asks has its answer by then
    if (recording.isOver) recording.start();
    await world.advance(15_000);
    await recording.finish();
    const { differences, rows } = await recording.compare(`${folder}/${seed}`, { isDrained: true });
    // What a killed process had in memory is owed and lost, and what came too late for its hole: but each is told.
    assert.deepEqual(differences.filter((text) => !/^I4:|missing/.test(text)), []);
    assert.ok(rows > 50, `${rows} rows`);
  });
}
