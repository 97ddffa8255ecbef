import assert from "node:assert/strict";
import * as fs from "node:fs";
import process from "node:process";
import { describe, it } from "node:test";
import { eventually, programCommand, run, skipped, spawnCommand } from "./support.ts";

const RUNS = 20;

describe("the runtime's process", () => {
  for (const kind of ["rejection", "timer", "handler"]) {
    it(`RT18 a fault in a ${kind} reaches our handler and exits 1, ${RUNS} of ${RUNS}`, async () => {
      for (let i = 0; i < RUNS; i++) {
        const outcome = await run(programCommand("fatal", [kind]));
        assert.equal(outcome.out.toString(), "sealed: planned\n", outcome.err);
        assert.equal(outcome.code, 1);
      }
    });
  }

  it("RT21 TERM, INT and HUP during a blocked second arrive after it, PIPE ends nothing", async () => {
    const outcome = await run(programCommand("signals"), {}, (child) => {
      child.stdout.once("data", () => {
        for (const signal of ["SIGTERM", "SIGINT", "SIGHUP", "SIGPIPE"] as const) process.kill(child.pid!, signal); // Deno's child.kill sends one signal only
      });
    });
    const said = JSON.parse(outcome.out.toString().replace("ready\n", "")) as { heard: string[]; firstMs: number };
    assert.deepEqual(said.heard, ["SIGHUP", "SIGINT", "SIGTERM"]);
    assert.ok(said.firstMs >= 990, `${said.firstMs} ms`);
    assert.equal(outcome.code, 0);
  });

  it("RT22 a reader that closes our output ends the command within a second, exit 0, no stack", async () => {
    const child = spawnCommand(programCommand("lines"));
    let err = "";
    child.stderr.on("data", (chunk: Buffer) => err += chunk.toString());
    await new Promise((resolve) => child.stdout.once("data", resolve));
    const closedMs = performance.now();
    child.stdout.destroy();
    const code = await new Promise((resolve) => child.once("exit", resolve));
    assert.equal(code, 0, err);
    assert.equal(err, "");
    assert.ok(performance.now() - closedMs < 1_000);
  });

  it("RT23 a megabyte into a pipe, then exit: the reader has every byte", async () => {
    const outcome = await run(programCommand("big_out"));
    assert.equal(outcome.code, 0);
    assert.equal(outcome.out.length, 1 << 20);
  });

  it("RT24 timers and the monotonic clock are steady while the wall clock is set", async () => {
    const library = ["/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1", "/usr/lib/aarch64-linux-gnu/faketime/libfaketime.so.1"].find(
      fs.existsSync,
    );
    if (library === undefined) return skipped("RT24", "no libfaketime here; wall_clock.test.ts steps the clock by hand");
    for (const offset of ["-1h", "+3h"]) {
      const outcome = await run(programCommand("clock"), { LD_PRELOAD: library, FAKETIME: offset, FAKETIME_DONT_FAKE_MONOTONIC: "1" });
      const said = JSON.parse(outcome.out.toString()) as { lastedMs: number; wallMs: number };
      assert.ok(Math.abs(said.lastedMs - 300) < 100 && Math.abs(said.wallMs - 300) < 100, outcome.out.toString());
    }
  });

  it("a write that is not read yet resolves only when it was handed over", async () => {
    const child = spawnCommand(programCommand("big_out"));
    let isOver = false;
    child.once("exit", () => isOver = true);
    assert.equal(await eventually(() => isOver, 500), false);
    child.stdout.resume();
    assert.ok(await eventually(() => isOver));
  });
});
