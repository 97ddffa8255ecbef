import assert from "node:assert/strict";
import { test } from "node:test";
import { checkJournal } from "../../src/processing/journal/check.ts";
import { SeededRandom } from "../../src/sim/world/seeded_random.ts";
import { seedsFrom } from "../simulation/seeds.ts";
import { StorageScene } from "./storage_scene.ts";

/** Killed before the first chunk, with a last record that was not yet synced. */
async function cutOff(ms = 425): Promise<StorageScene> {
  const scene = new StorageScene();
  scene.start();
  await scene.world.advance(ms);
  scene.die();
  return scene;
}

function segments(scene: StorageScene): string[] {
  return [...scene.disk.files().keys()].filter((name) => name.startsWith("/data/tmp/journal/"));
}

/** Changes a file as a bad disk does. */
function damage(scene: StorageScene, path: string, change: (bytes: Uint8Array) => Uint8Array): void {
  const { disk } = scene.world.runtime("recorder");
  const bytes = change(disk.read(path));
  disk.remove(path);
  const file = disk.open(path, "create");
  file.append(bytes);
  file.sync();
  file.close();
  disk.syncFolder("/data/tmp/journal");
  scene.world.host("recorder").kill();
}

async function recover(scene: StorageScene): Promise<void> {
  await scene.world.advance(2_000);
  scene.start();
  await scene.world.advance(1_000);
  assert.ok(await scene.drain());
}

test("a record damaged in the middle costs its rows alone; what is lost has its edges, and the segment is kept for a person", async () => {
  const scene = await cutOff();
  const [segment] = segments(scene);
  damage(scene, segment!, (bytes) => {
    bytes[bytes.length >> 1]! ^= 0x10;
    return bytes;
  });
  const { isGood, segments: facts } = checkJournal(scene.world.runtime("recorder"), "/data");
  assert.ok(!isGood && facts.length === segments(scene).length);
  assert.deepEqual(facts.map(({ damages }) => damages.length), [1, ...facts.slice(1).map(() => 0)]);
  await recover(scene);
  const { recovery } = scene;
  assert.equal(recovery!.damages, 1);
  const stored = await scene.stored();
  const told = recovery!.losses.map(({ path, afterId, beforeId, rows }) => ({
    path,
    rows,
    ids: idsBetween(scene, path, afterId, beforeId),
  }));
  assert.ok(told.length >= 1, "nothing was told to be lost");
  for (const { rows, ids } of told) assert.equal(rows, ids.length);
  for (const [path, sent] of scene.sent) {
    const found = new Set(stored.get(path));
    const missing = sent.filter(({ id, life, ms }) => !found.has(id) && ms < life.endMs - 150).map(({ id }) => id);
    assert.deepEqual(missing, told.filter((each) => each.path === path).flatMap(({ ids }) => ids), path);
  }
  const aside = [...scene.disk.files().keys()].filter((name) => name.startsWith("/data/tmp/aside/journal/"));
  assert.deepEqual(aside, [segment!.replace("/tmp/", "/tmp/aside/")]);
  assert.deepEqual(segments(scene), []);
  assert.ok(scene.log.some(({ level, message }) => level === "error" && message.startsWith("set a file aside")));
});

test("wherever records are damaged, every row that is missing before a stream's last one is in a hole that is told, and counted", async () => {
  let holes = 0;
  for (const seed of seedsFrom(1, 25)) {
    const random = new SeededRandom(seed, "damage");
    const scene = new StorageScene(seed, seed % 2 === 0 ? "together" : "apart");
    scene.start();
    await scene.world.advance(300 + random.below(300));
    scene.roomMb = 30; // no chunk is written any more: the journal alone has the rows
    await scene.world.advance(300 + random.below(1_500));
    scene.die();
    scene.roomMb = 10_000;
    for (let i = 0; i < 3 + random.below(6); i++) {
      const all = segments(scene);
      damage(scene, all[random.below(all.length)]!, (bytes) => {
        bytes[random.below(bytes.length)]! ^= 1 << random.below(8);
        return bytes;
      });
    }
    await recover(scene);
    const stored = await scene.stored();
    for (const [path, sent] of scene.sent) {
      const found = new Set(stored.get(path));
      const mine = sent.filter(({ life }) => life === sent[0]!.life).map(({ id }) => id);
      const last = Math.max(...mine.filter((id) => found.has(id)));
      const missing = mine.filter((id) => !found.has(id) && id < last);
      const told = scene.recovery!.losses.filter((loss) => loss.path === path);
      const ids = told.flatMap(({ afterId, beforeId, rows }) => {
        const between = idsBetween(scene, path, afterId, beforeId).filter((id) => !found.has(id));
        // The end of a chunk that is whole elsewhere has no id; its neighbour has.
        assert.ok(
          rows === undefined || (afterId === undefined ? between.length >= rows : between.length === rows),
          `seed ${seed}: ${path}: ${rows} of ${between}`,
        );
        return afterId === undefined && rows !== undefined ? between.slice(-rows) : between;
      });
      assert.deepEqual(ids, missing, `seed ${seed}: ${path}`);
      holes += told.length;
    }
  }
  assert.ok(holes > 25, `${holes} holes`);
});

test("an end that a crash cut short is no damage, and nothing of ours is left", async () => {
  const scene = await cutOff();
  const last = segments(scene).at(-1)!;
  damage(scene, last, (bytes) => bytes.subarray(0, bytes.length - 9));
  await recover(scene);
  assert.equal(scene.recovery!.damages, 0);
  assert.deepEqual(scene.recovery!.losses, []);
  await scene.assertStored("torn", {});
});

test("files in the journal's folder that are none of ours, or cannot be understood, are never deleted", async () => {
  const scene = await cutOff();
  const { disk } = scene.world.runtime("recorder");
  const [segment] = segments(scene);
  for (
    const [name, text] of [["notes.txt", "mine"], [
      `${segment!.slice(0, -".000001.journal".length).split("/").at(-1)}.000099.journal`,
      "AJ02 of the future",
    ]]
  ) {
    const file = disk.open(`/data/tmp/journal/${name}`, "create");
    file.append(new TextEncoder().encode(text));
    file.close();
  }
  scene.world.host("recorder").kill();
  await recover(scene);
  await scene.assertStored("foreign", { isClean: false });
  const left = [...scene.disk.files()].filter(([name]) => name.startsWith("/data/tmp/")).map(([, bytes]) =>
    new TextDecoder().decode(bytes)
  );
  assert.deepEqual(left.sort(), ["AJ02 of the future", "mine"]);
});

test("after a restart it is known when the last row of each stream came", async () => {
  const scene = await cutOff(2_000);
  const endMs = scene.world.nowMs;
  await recover(scene);
  const { lastTimes, untilTime } = scene.recovery!;
  const ageMs = (time: number) => endMs - (time - scene.startTime) / 1_000;
  assert.ok(ageMs(lastTimes.get("binance/trade/A")!) < 150, `${ageMs(lastTimes.get("binance/trade/A")!)} ms`);
  assert.ok(ageMs(untilTime!) < 150);
});

test("what somebody deletes under tmp/ while it runs is written again from memory", async () => {
  const scene = new StorageScene();
  scene.start();
  await scene.world.advance(500);
  const { disk } = scene.world.runtime("recorder");
  for (const segment of segments(scene)) disk.remove(segment);
  await scene.world.advance(600);
  scene.die();
  await recover(scene);
  await scene.assertStored("journal deleted while it ran");
});

function idsBetween(scene: StorageScene, path: string, afterId = 0, beforeId = Infinity): number[] {
  return scene.sent.get(path)!.map(({ id }) => id).filter((id) => id > afterId && id < beforeId);
}
