import assert from "node:assert/strict";
import { test } from "node:test";
import { US_PER_DAY, US_PER_S } from "../../src/lib/time.ts";
import { fileEnd, KEY, storageWorld } from "../../src/processing/storage/day_file.ts";
import { bytesSource } from "../../src/processing/storage/parquet/read_group.ts";
import { dayFileNameOf } from "../../src/processing/storage/paths.ts";
import { tempFolder } from "../support/temp_folder.ts";
import { Recording } from "./recording.ts";
import { real } from "./scene.ts";

const folder = tempFolder("day-roll");
const MIDNIGHT = 20_777 * US_PER_DAY; // 2026-11-20
const world = storageWorld(real, "argus test");

/** Day files by name, and whether each is rolled with everything that is in it. */
function dayFiles(recording: Recording): Map<string, { readonly date: string; readonly isRolled: boolean; readonly groups: number }> {
  const found = [...recording.files()].flatMap(([name, bytes]) => {
    const day = dayFileNameOf(name.slice(name.lastIndexOf("/") + 1));
    if (day === undefined || name.startsWith("tmp/")) return [];
    const end = fileEnd(world, bytesSource(bytes), bytes.length);
    assert.ok(end !== undefined && !day.isCorrupt, name);
    const isRolled = end.keyValues.get(KEY.rolled) === String(end.metadata.num_rows);
    return [[name, { date: day.date, isRolled, groups: end.metadata.row_groups.length }] as const];
  });
  return new Map(found);
}

test("a recorder rolls the day that is over while it records the next one, and no row is lost, doubled or moved", async () => {
  const recording = new Recording({ seed: 31, symbols: 3, rate: 60, flushIntervalMs: 5_000, startTime: MIDNIGHT - 120 * US_PER_S });
  recording.start();
  await recording.world.advance(118_000);
  assert.ok([...dayFiles(recording).values()].some(({ groups }) => groups > 3));
  await recording.world.advance(60_000);
  const files = dayFiles(recording);
  const before = [...files].filter(([, { date }]) => date === "2026-11-19");
  assert.ok(before.length >= 9);
  for (const [name, { isRolled, groups }] of before) assert.ok(isRolled && groups === 1, name);
  assert.ok([...files.values()].every(({ date, isRolled }) => date === "2026-11-19" || !isRolled), "today is not over");
  await recording.finish();
  assert.deepEqual((await recording.compare(folder)).differences, []);
  assert.deepEqual(recording.errors(), []);
});

test("killed at any moment around midnight, the next start merges what waits and rolls the day then", async () => {
  for (const [i, seed] of [41, 42, 43].entries()) {
    const recording = new Recording({ seed, symbols: 2, rate: 40, flushIntervalMs: 5_000, startTime: MIDNIGHT - 60 * US_PER_S });
    recording.start();
    await recording.world.advance(59_000 + i * 9_500);
    recording.host.kill();
    recording.start();
    await recording.world.advance(60_000);
    const before = [...dayFiles(recording)].filter(([, { date }]) => date === "2026-11-19");
    assert.ok(before.length >= 6);
    for (const [name, { isRolled }] of before) assert.ok(isRolled, `seed ${seed}: ${name}`);
    assert.ok([...recording.files().keys()].every((name) => !name.endsWith(".roll")));
    await recording.finish();
    assert.deepEqual(recording.errors(), []);
  }
});
