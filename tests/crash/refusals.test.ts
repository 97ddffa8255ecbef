import assert from "node:assert/strict";
import { test } from "node:test";
import { seedsFrom } from "../simulation/seeds.ts";
import { StorageScene } from "./storage_scene.ts";

const LIFE_MS = 1_500; // over midnight, several merges and segments
const OUTAGE_MS = 2_500;
const OPERATIONS = 130;

/** A refused append leaves half of its bytes, a refused sync pages that only look clean. */
const WAYS = [
  { code: "EIO", lasts: "once" },
  { code: "ENOSPC", lasts: "once" },
  { code: "EIO", lasts: "a while" },
  { code: "ENOSPC", lasts: "a while" },
  { code: "EIO", lasts: "for good" },
  { code: "ENOSPC", lasts: "for good" },
] as const;

/** Refused from its n-th operation on; healed by then or by a new start. */
async function refused(n: number, { code, lasts }: typeof WAYS[number]): Promise<void> {
  const scene = new StorageScene();
  let untilMs: number | undefined;
  scene.disk.failOn((_op, _path, count) => {
    if (count < n) return undefined;
    if (count === n && lasts === "for good") scene.stopOwing();
    untilMs ??= scene.world.nowMs + OUTAGE_MS;
    return count === n || lasts === "for good" || (lasts === "a while" && scene.world.nowMs < untilMs) ? code : undefined;
  });
  scene.start();
  await scene.world.advance(LIFE_MS);
  if (lasts === "for good") {
    await scene.world.advance(OUTAGE_MS);
    scene.die();
  } else if (!await scene.drain()) assert.ok(scene.log.length > 0, "nobody was told");
  scene.disk.failOn(() => undefined);
  await scene.world.advance(1_000);
  scene.start();
  await scene.world.advance(1_000);
  assert.ok(await scene.drain());
  const rows = await scene.assertStored(`${code} at operation ${n}, ${lasts}`, { isClean: false });
  assert.ok(rows > 5);
}

test("a disk that refuses at any operation, once, for a while or for good, costs nothing that could be kept", async () => {
  for (const seed of seedsFrom(1, 1)) {
    for (let n = 1; n <= OPERATIONS; n++) await refused(n, WAYS[(n + seed) % WAYS.length]!);
  }
});

test("what failed to reach the disk once is not believed to be there: a power cut soon after costs nothing that was committed", async () => {
  for (const seed of seedsFrom(1, 1)) {
    for (let n = 1 + seed % 3; n <= OPERATIONS; n += 3) {
      const scene = new StorageScene();
      scene.disk.failOn((_op, _path, count) => count === n ? "EIO" : undefined);
      scene.start();
      await scene.world.runUntil(() => scene.disk.operations >= n || scene.world.nowMs > 2 * LIFE_MS, 3 * LIFE_MS);
      await scene.world.advance(500);
      scene.die(n % 2 === 0 ? "power" : "torn");
      await scene.world.advance(1_000);
      scene.start();
      await scene.world.advance(500);
      assert.ok(await scene.drain());
      await scene.assertStored(`EIO at operation ${n}, then a power cut`, { isClean: false });
    }
  }
});
