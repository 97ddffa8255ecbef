import assert from "node:assert/strict";
import { test } from "node:test";
import { SeededRandom } from "../../src/sim/world/seeded_random.ts";
import { assertAllStored, RECORD, startVenue } from "../end_to_end/support.ts";
import { seedsFrom } from "../simulation/seeds.ts";
import { type Running, startArgus } from "../support/argus_process.ts";
import { tempFolder } from "../support/temp_folder.ts";

const folder = tempFolder("double-starts");
const SOAKED = 10; // seeds from which on it is no longer the suite that asks

test("of recorders that start at once on one data path one records, and the others exit 3 and say who holds it", async () => {
  const venue = await startVenue(folder, ["--symbols", "3", "--rate", "300", "--seed", "5"]);
  const seeds = seedsFrom(1, 2);
  const racers = seeds.length < SOAKED ? 4 : 8;
  for (const seed of seeds) {
    const random = new SeededRandom(seed, "starts");
    const started = await Promise.all(Array.from({ length: racers }, async () => {
      await new Promise((resolve) => setTimeout(resolve, random.below(60))); // real processes have no virtual time
      return startArgus([...RECORD, "--flush-interval", "1s"], { cwd: folder, env: venue.env });
    }));
    const losers = await firstToEnd(started, racers - 1);
    const winner = started.find((racer) => !losers.includes(racer))!;
    winner.signal("SIGTERM");
    const { code, err } = await winner.ended;
    assert.equal(code, 0, `seed ${seed}: ${err}`);
    for (const { ended } of losers) {
      const { code, err } = await ended;
      assert.equal(code, 3, `seed ${seed}: ${err}`);
      assert.match(err, /held by another argus \(/, `seed ${seed}`); // whose name stands there a moment after it took the lock
    }
  }
  await venue.stop();
  await assertAllStored(folder, venue);
});

function firstToEnd(all: readonly Running[], count: number): Promise<readonly Running[]> {
  const ended: Running[] = [];
  return new Promise((resolve) => {
    for (const each of all) void each.ended.then(() => ended.push(each) === count && resolve([...ended]));
  });
}
