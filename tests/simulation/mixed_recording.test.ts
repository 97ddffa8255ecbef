import assert from "node:assert/strict";
import { SeededRandom } from "../../src/sim/world/seeded_random.ts";
import { tempFolder } from "../support/temp_folder.ts";
import { happen, mixedRecording } from "./mixed_world.ts";
import { seededTest, seedsFrom } from "./seeds.ts";

const FILE = "mixed_recording.test.ts";
const CALM_MS = 15_000;
/** A ban was kept as a time of the wall clock, and the clock was set back by an hour. */
const SEED_LONG_BAN = 7057;
/** A new socket joined quietly beside one that was deaf: the quotes of that time were missed and nobody told. */
const SEED_QUIET_BESIDE_DEAF = 7085;
const folder = tempFolder("mixed-recording");

for (const seed of new Set([SEED_LONG_BAN, SEED_QUIET_BESIDE_DEAF, ...seedsFrom(1, 6)])) {
  seededTest(
    FILE,
    seed,
    "whatever goes wrong with venue, line, machine, process, thread and disk together, the day files are right and every hole is told",
    async () => {
      const random = new SeededRandom(seed, "mixed recording");
      const { recording, wire } = mixedRecording(seed, random);
      const { world, host } = recording;
      recording.start();
      await happen(world, random, [
        async () => {
          recording.die();
          await world.advance(random.below(3_000));
          recording.start();
        },
        () => host.killThread("killed", random.below(3_000)),
        async () => {
          host.disk.failOn((_op, path) => path.includes("/tmp/") ? "ENOSPC" : undefined);
          await world.advance(random.below(6_000));
          host.disk.failOn(() => undefined);
        },
      ]);
      wire.mend();
      recording.venue.stopFaults();
      await world.advance(CALM_MS);
      await recording.finish();
      // What a killed process had in memory is owed and lost, and what came too late for its hole: but each is told.
      const { differences, rows } = await recording.compare(`${folder}/${seed}`, { isDrained: true });
      const found = differences.filter((text) => !/^I4:|missing/.test(text));
      assert.deepEqual(found, []);
      assert.ok(rows > 50, `${rows} rows`);
    },
  );
}
