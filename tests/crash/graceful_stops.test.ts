import assert from "node:assert/strict";
import { test } from "node:test";
import { SeededRandom } from "../../src/sim/world/seeded_random.ts";
import { assertAllStored, RECORD, startVenue, summaryOf } from "../end_to_end/support.ts";
import { seedsFrom } from "../simulation/seeds.ts";
import { startArgus } from "../support/argus_process.ts";
import { tempFolder } from "../support/temp_folder.ts";

const folder = tempFolder("graceful-stops");
const STOP_MS_MAX = 10_000;

test("told to stop at any moment, a recorder has all it received in day files within ten seconds, also of a minute that never came", async () => {
  const venue = await startVenue(folder, ["--symbols", "8", "--rate", "1500", "--seed", "9"]);
  for (const seed of seedsFrom(1, 2)) {
    const random = new SeededRandom(seed, "stops");
    const recorder = startArgus([...RECORD, "--flush-interval", seed % 2 === 0 ? "1s" : "1h"], { cwd: folder, env: venue.env });
    await recorder.said("recording binance");
    await new Promise((resolve) => setTimeout(resolve, random.below(3_000))); // a real process has no virtual time
    const askedMs = performance.now();
    recorder.signal(random.below(2) === 0 ? "SIGTERM" : "SIGINT");
    const { code, out, err } = await recorder.ended;
    const tookMs = performance.now() - askedMs;
    assert.equal(code, 0, `seed ${seed}: ${err}`);
    assert.equal(summaryOf(out).outcome, "drained", `seed ${seed}`);
    assert.ok(tookMs < STOP_MS_MAX, `seed ${seed}: it took ${Math.round(tookMs)} ms`);
  }
  await venue.stop();
  assert.ok(await assertAllStored(folder, venue) > 100);
});
