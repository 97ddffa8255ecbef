import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { StorageError } from "../../../src/lib/errors.ts";
import { publishFile } from "../../../src/processing/storage/files.ts";
import { dayFilePath } from "../../../src/processing/storage/paths.ts";
import { SeededRandom } from "../../../src/sim/world/seeded_random.ts";
import { tempFolder } from "../../support/temp_folder.ts";
import { DATE, Day, machine, PATH, trades } from "./day.ts";
import { world } from "./support.ts";

const folder = tempFolder("compaction-faults");

/**
 * The next chunk of a day is the fifteenth of its size: one append, then one that takes in its neighbours (in the file, or as a whole new
 * file), the roll, a late chunk, the roll again.
 */
const BEFORE = Array.from({ length: 14 }, (_, i) => trades(3 + i % 3));
const PARTS = [trades(4), trades(5), trades(3)];
const EXPECTED = [...BEFORE, ...PARTS].flat();
const first = BEFORE.length + 1;
const begun = (() => {
  const one = new Day(world, `${folder}/begun`);
  for (const [i, part] of BEFORE.entries()) {
    one.accept(i + 1, part);
    one.flush();
  }
  return one.bytes();
})();

function begin(seed: number, isRenamed: boolean) {
  const { host, program } = machine(seed, isRenamed);
  const one = new Day(program(), "/data");
  publishFile(one.world.disk, one.file, "/data/tmp/begun", begun);
  return { host, program, one };
}

/** Each step, and what it is about. */
function steps(one: Day): (readonly [what: "accept" | "flush" | "roll", chunk: number, run: () => void])[] {
  const roll = (chunk: number) => ["roll", chunk, () => assert.ok(["rolled", "already"].includes(one.roll().what))] as const;
  const all = PARTS.flatMap((part, i) => [
    ["accept", first + i, () => one.accept(first + i, part)] as const,
    ["flush", first + i, () => one.flush()] as const,
    ...(i > 0 ? [roll(first + i)] : []),
  ]);
  return all;
}

describe("compaction and roll on a disk that fails", () => {
  for (const isRenamed of [false, true]) {
    const where = isRenamed ? "a small file written anew" : "a file compacted by an append";

    it(`is about ${where}`, () => {
      const { host, one } = begin(1, isRenamed);
      let renames = 0;
      host.disk.failOn((op, path) => (op === "rename" && path === one.file && renames++, undefined));
      for (const [, , run] of steps(one)) run();
      assert.equal(renames, isRenamed ? 3 : 2, "two of them by the roll");
    });

    for (const how of ["killed", "without power", "without power, torn"] as const) {
      it(`${how} at any operation on ${where}: the next start has every row once, in order, in a whole file`, async () => {
        const seeds = how.endsWith("torn") ? 3 : 1; // what is left of the unsynced is another each time
        let n = 0;
        for (let run = 0, isOver = false; !isOver; run++) {
          n = 1 + Math.floor(run / seeds);
          const { host, program, one } = begin(run + 1, isRenamed);
          const [accepted, durable] = [new Set<number>(), new Set<number>()];
          host.disk.failOn((_op, _path, count) => {
            if (count === n) how === "killed" ? host.kill() : host.powerCut({ isTorn: how.endsWith("torn") });
            return undefined;
          });
          try {
            for (const [what, chunk, take] of steps(one)) {
              take();
              (what === "accept" ? accepted : durable).add(chunk);
            }
            isOver = true;
          } catch (error) {
            assert.ok(error instanceof StorageError, String(error));
          }
          host.disk.failOn(() => undefined);
          const next = new Day(program(), "/data");
          if (how !== "without power, torn") next.end(); // readable before anything is mended
          next.handler.adopt();
          next.flush();
          const kept = how === "killed" ? accepted : durable;
          for (const [i, part] of PARTS.entries()) if (!kept.has(first + i)) next.accept(first + i, part); // a sender whose rows were not safe sends them again
          next.flush();
          assert.ok(["rolled", "already"].includes(next.roll().what), `operation ${n}`);
          assert.deepEqual(await next.rows(), EXPECTED, `operation ${n}`);
          const left = [...host.disk.files().keys()].filter((name) => name.startsWith("/data/") && !name.includes("/aside/"));
          assert.deepEqual(left, [dayFilePath("/data", PATH, DATE)], `operation ${n} left files behind`);
        }
        assert.ok(n > 30, `only ${n} operations were tried`);
      });
    }

    it(`killed at an operation on ${where}, and again at one of the recovery: the start after that has every row once`, async () => {
      const random = new SeededRandom(20261124, where);
      for (let round = 0; round < 100; round++) {
        const { host, program, one } = begin(round, isRenamed);
        const accepted = new Set<number>();
        const killAt = (n: number) => host.disk.failOn((_op, _path, count) => count === n ? void host.kill() : undefined);
        const untilKilled = (run: () => void) => {
          try {
            run();
          } catch (error) {
            assert.ok(error instanceof StorageError, String(error));
          }
        };
        killAt(1 + random.below(40));
        untilKilled(() => {
          for (const [what, chunk, take] of steps(one)) {
            take();
            if (what === "accept") accepted.add(chunk);
          }
        });
        const recovered = (next: Day) => {
          next.handler.adopt();
          next.flush();
          for (const [i, part] of PARTS.entries()) {
            if (accepted.has(first + i)) continue;
            next.accept(first + i, part);
            accepted.add(first + i);
          }
          next.flush();
          next.roll();
        };
        killAt(1 + random.below(20));
        untilKilled(() => recovered(new Day(program(), "/data")));
        host.disk.failOn(() => undefined);
        const last = new Day(program(), "/data");
        recovered(last);
        assert.deepEqual(await last.rows(), EXPECTED, `round ${round}`);
      }
    });

    for (const code of ["EIO", "ENOSPC"] as const) {
      it(`${code} at any operation on ${where}, half a write included, once or for a while: every row is there once`, async () => {
        for (let n = 1, operations = 1; n <= operations; n++) {
          const { host, one } = begin(n, isRenamed);
          const times = n % 3 === 0 ? 5 : 1;
          host.disk.failOn((_op, _path, count) => count >= n && count < n + times ? code : undefined);
          for (const [, , run] of steps(one)) untilDone(run, 2 * times);
          operations = host.disk.operations;
          assert.deepEqual(await one.rows(), EXPECTED, `operation ${n}`);
          assert.ok(operations > 30, `only ${operations} operations were tried`);
        }
      });
    }
  }
});

/** A StorageError keeps the rows, and the same call is made again. */
function untilDone(run: () => void, triesMax: number): void {
  for (let tries = 0;; tries++) {
    try {
      return run();
    } catch (error) {
      if (!(error instanceof StorageError) || tries > triesMax) throw error;
    }
  }
}
