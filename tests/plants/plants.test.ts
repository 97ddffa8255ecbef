import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import process from "node:process";
import { test } from "node:test";
import { ROOT } from "../support/argus_process.ts";

test("every planted bug is noticed by the test that is there for it", { timeout: 300_000 }, () => {
  if ("Deno" in globalThis) return console.log("R18 skipped on Deno: its tests run on Bun, once is enough");
  const { status, stdout } = spawnSync(process.execPath, ["scripts/run.mjs", "plants", "--planted-only"], { cwd: ROOT, encoding: "utf8" });
  assert.equal(status, 0, stdout.split("\n").filter((line) => !line.startsWith("caught")).join("\n"));
});
