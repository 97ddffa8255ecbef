import assert from "node:assert/strict";
import { test } from "node:test";
import { StorageScene } from "./storage_scene.ts";

const files = (scene: StorageScene, pattern: RegExp) => [...scene.disk.files().keys()].filter((name) => pattern.test(name)).length;
const said = (scene: StorageScene, text: string) => scene.log.filter(({ message }) => message.startsWith(text)).length;
const CHUNK = /\/tmp\/binance\/.*\/\d+\.pq$/;

test("a disk that fills stops merging first, then chunks, never the journal; with room again all goes on by itself", async () => {
  const scene = new StorageScene();
  scene.start();
  await scene.world.advance(1_000);
  scene.roomMb = 100;
  await scene.world.advance(3_000);
  const chunks = files(scene, CHUNK);
  assert.ok(chunks > 8, `${chunks} chunks wait`);
  assert.equal(said(scene, "little room on the disk"), 1);
  scene.roomMb = 30;
  await scene.world.advance(3_000);
  assert.ok(files(scene, CHUNK) <= chunks + 4, "chunks are written into the reserve");
  assert.ok(said(scene, "disk refuses rows") > 0);
  assert.equal(said(scene, "the journal cannot be written"), 0);
  scene.roomMb = 10_000;
  await scene.world.advance(4_000);
  assert.equal(said(scene, "there is room on the disk again"), 1);
  assert.ok(files(scene, CHUNK) <= 6, "merging did not go on");
  assert.ok(await scene.drain());
  await scene.assertStored("a disk that was full for a while");
});

test("a disk that stays full ends the recorder, and the journal has what it had received", async () => {
  const scene = new StorageScene();
  scene.start();
  await scene.world.advance(1_000);
  scene.roomMb = 30;
  const failure = await scene.world.runUntil(scene.failed, 30_000);
  assert.equal(failure.code, "ENOSPC");
  assert.match(failure.message, /MB free, needs 64 MB: free space or set data_path/);
  scene.die();
  scene.start();
  const refusal = await scene.world.runUntil(scene.failed, 5_000);
  assert.match(refusal.message, /needs 64 MB/, "a start without room");
  scene.die();
  await scene.world.advance(1_000);
  scene.roomMb = 10_000;
  scene.start();
  await scene.world.advance(1_000);
  assert.ok(await scene.drain());
  assert.ok(await scene.assertStored("a disk that stayed full") > 400);
});

test("a journal that finds no room at all keeps its rows in memory, tells it, and writes them when there is room", async () => {
  const scene = new StorageScene();
  scene.start();
  await scene.world.advance(300);
  scene.roomMb = 0;
  await scene.world.advance(2_000);
  assert.equal(said(scene, "the journal cannot be written"), 1);
  scene.roomMb = 10_000;
  await scene.world.advance(1_000);
  assert.equal(said(scene, "the journal is written again"), 1);
  scene.die();
  await scene.world.advance(1_000);
  scene.start();
  await scene.world.advance(1_000);
  assert.ok(await scene.drain());
  await scene.assertStored("a journal without room");
});
