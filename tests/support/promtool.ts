import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";

/** It comes with Prometheus; Debian's package `prometheus` has it. */
export const hasPromtool = spawnSync("promtool", ["--version"]).status === 0;

/** What it says; fails the test where it finds a fault. */
export function promtool(args: readonly string[], input = ""): string {
  const { status, stdout, stderr } = spawnSync("promtool", args, { input, encoding: "utf8" });
  assert.equal(status, 0, `${stdout}${stderr}`);
  return `${stdout}${stderr}`;
}
