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
      const live = (type: string) =>
        `(SELECT count(*) FROM read_parquet(${quoted(`${data}/binance/${type}/*/*/*.pq`)}) WHERE origin = 'live')`;
      const [counts] = await sql(`SELECT ${live("trade")} + ${live("bbo")} + ${live("depth")} AS rows,
      (SELECT count(*) FROM read_parquet(${quoted(`${data}/binance/gap/*/*/*.pq`)}) WHERE reason <> 'start') AS holes`);
      assert.deepEqual([Number(counts!["rows"]), Number(counts!["holes"])], [events, 0]);
      assert.deepEqual([summary.outcome, summary.gaps, summary.gapsPossible, summary.quarantined], ["drained", 0, 0, 0]);
      assert.deepEqual(recording.errors(), []);
    },
  );
}
