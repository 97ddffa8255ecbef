import assert from "node:assert/strict";
import * as fs from "node:fs";
import { test } from "node:test";
import { readLedger } from "../../src/sim/venue/ledger_book.ts";
import { SeededRandom } from "../../src/sim/world/seeded_random.ts";
import { filesUnder, RECORD, recordFor, startVenue, type VenueProcess } from "../end_to_end/support.ts";
import { duckdb, quoted } from "../readers/readers.ts";
import { startArgus } from "../support/argus_process.ts";
import { compareDayFiles } from "../support/day_file_oracle.ts";
import { tempFolder } from "../support/temp_folder.ts";
import { seedsFrom } from "../simulation/seeds.ts";

const folder = tempFolder("kills");
const COMMITTED = /DEBUG committed rows=(\d+) through=(\d+)/g;
const WINDOW_MS = 1_000;
const BUSY_MS = 1_500; // a machine that runs other tests may not run us for so long

/** What a recorder that was killed had said to be committed, in its own life. */
interface Killed {
  readonly fromTime: number;
  readonly toTime: number;
  readonly rows: number;
  /** How much of what it had received was not yet committed. */
  readonly windowMs: number;
}

const nowTime = () => Date.now() * 1_000;

/** `kill -9` some time after the first commit. */
async function killed(venue: VenueProcess, afterMs: number): Promise<Killed> {
  const fromTime = nowTime();
  const args = [...RECORD, "--flush-interval", "1s", "--log-level", "debug"];
  const recorder = startArgus(args, { cwd: folder, env: venue.env });
  await recorder.said("DEBUG committed");
  await new Promise((resolve) => setTimeout(resolve, afterMs)); // a real process has no virtual time
  const toTime = nowTime();
  recorder.signal("SIGKILL");
  const { err } = await recorder.ended;
  const last = [...err.matchAll(COMMITTED)].at(-1)!;
  return { fromTime, toTime, rows: Number(last[1]), windowMs: (toTime - Number(last[2])) / 1_000 };
}

async function rowsBetween({ fromTime, toTime }: Killed): Promise<number> {
  const sql = await duckdb();
  const types = fs.readdirSync(`${folder}/data/binance`);
  const counts = await Promise.all(types.map(async (type) => {
    const files = `read_parquet(${quoted(`${folder}/data/binance/${type}/*/*/*.pq`)})`;
    const [row] = await sql(`SELECT count(*) AS n FROM ${files} WHERE epoch_us(recv_time) BETWEEN ${fromTime} AND ${toTime}`);
    return Number(row!["n"]);
  }));
  return counts.reduce((sum, count) => sum + count, 0);
}

test("kill -9 at any moment: nothing that was committed is lost, nothing is doubled, every file opens, and the window is a second", async () => {
  const venue = await startVenue(folder, ["--symbols", "6", "--rate", "2000", "--seed", "3"]);
  const kills: Killed[] = [];
  for (const seed of seedsFrom(1, 10)) kills.push(await killed(venue, new SeededRandom(seed, "kill").below(1_300)));
  await recordFor(folder, venue, ["--duration", "2s"]);
  await venue.stop();
  for (const [i, kill] of kills.entries()) {
    const found = await rowsBetween(kill);
    assert.ok(found >= kill.rows, `kill ${i}: ${kill.rows} rows were committed, ${found} are in day files`);
    assert.ok(kill.windowMs < WINDOW_MS + BUSY_MS, `kill ${i}: the last commit was ${kill.windowMs} ms old`);
  }
  const windows = kills.map(({ windowMs }) => windowMs).sort((a, b) => a - b);
  assert.ok(windows[windows.length >> 1]! < WINDOW_MS, `half of the windows are longer than ${windows[windows.length >> 1]} ms`);
  assert.deepEqual(filesUnder(`${folder}/data/tmp`).map((path) => path.split("/").at(-2)), ["budget"]);
  // What a killed process had received in its last second may be missing; order, values and uniqueness hold for everything.
  const { differences, rows } = await compareDayFiles(`${folder}/data`, readLedger(fs.readFileSync(venue.ledger, "utf8")));
  assert.deepEqual(differences.filter((text) => !text.includes("missing")), []);
  assert.ok(rows > kills.reduce((sum, kill) => sum + kill.rows, 0) / 2);
});
