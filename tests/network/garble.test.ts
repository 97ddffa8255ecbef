import assert from "node:assert/strict";
import { test } from "node:test";
import { Garble } from "../../src/network/garble.ts";

/** Frames of a minute, `badEvery`-th of them bad: how often it is told. */
function minute(garble: Garble, frames: number, badEvery: number, startMs = 0): number {
  let told = 0;
  for (let i = 1; i <= frames; i++) if (garble.read(i % badEvery === 0, startMs + i * (59_000 / frames))) told++;
  return told;
}

test("more than one bad frame in a hundred is told once a minute, fewer are not, and a thin socket's odd frame is nothing", () => {
  const garble = new Garble();
  assert.equal(minute(garble, 10_000, 90), 1);
  assert.equal(minute(garble, 10_000, 90, 60_000), 1);
  assert.equal(minute(garble, 10_000, 101, 120_000), 0);
  assert.equal(minute(garble, 9, 1, 180_000), 0);
  assert.equal(minute(garble, 10, 1, 240_000), 1);
});
