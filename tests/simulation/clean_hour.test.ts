import assert from "node:assert/strict";
import { duckdb, quoted } from "../readers/readers.ts";
import { tempFolder } from "../support/temp_folder.ts";
import { Recording } from "./recording.ts";
import { seededTest, seedsFrom } from "./seeds.ts";

const FILE = "clean_hour.test.ts";
const folder = tempFolder("clean-hour");
const SYMBOLS = 50;
const HOUR_MS = 3_600_000;

for (const seed of seedsFrom(1, 1)) {
  seededTest(
    FILE,
    seed,
    `an hour of ${SYMBOLS} symbols in which nothing goes wrong: the rows are the ledger, and no row tells of a hole`,
    async () => {
      const recording = new Recording({ seed, symbols: SYMBOLS, rate: 3, flushIntervalMs: 900_000, workerMaxAgeMs: 12 * HOUR_MS });
      recording.start();
      await recording.world.advance(HOUR_MS);
      const summary = await recording.finish();
      const data = `${folder}/${seed}`;
      const { differences, events } = await recording.compare(data, { isLossless: true, isDrained: true });
      assert.deepEqual(differences, [], `${differences[0]}`);
      const sql = await duckdb();
      const count = async (files: string, where: string) =>
        Number(
          (await sql(
            `SELECT count(*) AS c FROM read_parquet(${quoted(`${data}/binance/${files}/*/*/*.pq`)}, union_by_name = true) WHERE ${where}`,
          ))[0]!["c"],
        );
      const live = await Promise.all(["trade", "bbo", "depth"].map((type) => count(type, "origin = 'live'")));
      assert.equal(live.reduce((sum, each) => sum + each, 0), events);
      assert.equal(await count("gap", "reason <> 'start'"), 0);
      assert.equal(await count("*", "true"), summary.rowsMerged, "what it says it stored is what is there");
      assert.deepEqual([summary.outcome, summary.gaps, summary.gapsPossible, summary.quarantined], ["drained", 0, 0, 0]);
      assert.deepEqual(recording.errors(), []);
    },
  );
}
