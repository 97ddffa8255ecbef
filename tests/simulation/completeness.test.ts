import assert from "node:assert/strict";
import { test } from "node:test";
import { Completeness, type DayCompleteness } from "../../src/processing/pts/completeness.ts";
import { storageWorld } from "../../src/processing/storage/day_file.ts";
import { duckdb, quoted } from "../readers/readers.ts";
import { tempFolder } from "../support/temp_folder.ts";
import { Recording } from "./recording.ts";
import { real, VENUE } from "./scene.ts";
import { askVirtually } from "./virtual_gateway.ts";

const PORT = 8321;
const BEFORE_MIDNIGHT = Date.UTC(2026, 10, 20, 23, 58, 50) * 1_000;
const folder = tempFolder("completeness");

/** Seconds missing and holes of each day and type, by nothing but SQL over the gap rows. */
async function bySql(data: string, now: number) {
  const sql = await duckdb();
  const rows = await sql(`
    WITH gaps AS (
      SELECT * FROM read_parquet(${quoted(`${data}/binance/gap/*/*/*.pq`)}, file_row_number = true)
      QUALIFY row_number() OVER (
        PARTITION BY symbol, data_type, from_time, to_time, after_id, before_id ORDER BY recv_time DESC, file_row_number DESC) = 1
    ),
    runs AS (SELECT recv_time, event FROM read_parquet(${quoted(`${data}/binance/session/*/*/*.pq`)}) WHERE event IN ('start', 'stop')),
    idle AS (
      SELECT TIMESTAMP '1970-01-01' AS a, min(recv_time)::TIMESTAMP AS b FROM runs
      UNION ALL SELECT recv_time::TIMESTAMP, coalesce(
        (SELECT min(later.recv_time) FROM runs later WHERE later.event = 'start' AND later.recv_time > runs.recv_time)::TIMESTAMP, TIMESTAMP '2100-01-01')
      FROM runs WHERE event = 'stop'
    ),
    days AS (SELECT d::TIMESTAMP AS day FROM (VALUES (DATE '2026-11-20'), (DATE '2026-11-21')) AS v(d)),
    streams AS (
      SELECT DISTINCT split_part(replace(filename, ${quoted(`${data}/`)}, ''), '/', 2) AS type, symbol, recv_time::DATE::TIMESTAMP AS day
      FROM read_parquet([${
    ["trade", "bbo", "depth"].map((type) => quoted(`${data}/binance/${type}/*/*/*.pq`)).join()
  }], filename = true, union_by_name = true)
    ),
    spans AS (
      SELECT data_type AS type, symbol, day, from_time AS a, to_time AS b FROM gaps, days WHERE outcome <> 'healed' AND missing IS DISTINCT FROM 0
      UNION ALL SELECT type, symbol, day, a, b FROM streams, idle
    ),
    cut AS (
      SELECT type, symbol, day, greatest(epoch_us(a), epoch_us(day)) AS a,
        least(epoch_us(b), epoch_us(day) + 86400000000, ${now}) AS b FROM spans
    ),
    marked AS (
      SELECT *, max(b) OVER (PARTITION BY type, symbol, day ORDER BY a, b ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS before
      FROM cut WHERE a < b
    )
    SELECT strftime(day, '%Y-%m-%d') AS date, type, sum(greatest(0, b - greatest(a, coalesce(before, a))))::DOUBLE / 1e6 AS seconds
    FROM marked GROUP BY ALL`);
  return new Map(rows.map((row) => [`${row["date"]} ${row["type"]}`, Number(row["seconds"])]));
}

function done(survey: Generator<undefined, DayCompleteness[]>): DayCompleteness[] {
  for (let step = survey.next();; step = survey.next()) if (step.done === true) return step.value;
}

test("how complete a day was is what its gap rows say, over a late start, outages, a kill, a stop and midnight", async () => {
  const recording = new Recording({
    seed: 3,
    symbols: 2,
    rate: 10,
    startTime: BEFORE_MIDNIGHT,
    flushIntervalMs: 2_000,
    listen: `127.0.0.1:${PORT}`,
  });
  const { world, host } = recording;
  recording.start();
  const outage = async () => {
    world.network.partition(VENUE, true);
    await world.advance(12_000);
    world.network.partition(VENUE, false);
    await world.advance(20_000);
  };
  await world.advance(20_000);
  await outage();
  recording.die();
  await world.advance(8_000);
  recording.start();
  await world.advance(25_000); // midnight
  await outage();
  await recording.stop();
  await world.advance(7_000);
  recording.start();
  await world.advance(12_000);
  const asked = await world.runUntil(askVirtually(host, PORT, "/v1/completeness?days=2"), 60_000);
  assert.equal(asked.status, 200, asked.text);
  const told = JSON.parse(asked.text) as { readonly days: readonly { readonly date: string; readonly complete: number }[] };
  assert.deepEqual([...new Set(told.days.map(({ date }) => date))], ["2026-11-20", "2026-11-21"]);
  for (const query of ["0", "32", "x"]) {
    assert.equal((await world.runUntil(askVirtually(host, PORT, `/v1/completeness?days=${query}`), 60_000)).status, 400);
  }
  await recording.finish();
  recording.copyTo(folder);
  const now = host.clock.wallTime();
  const surveyor = new Completeness(storageWorld(real, ""), folder);
  const days = done(surveyor.survey(now, 3));
  const expected = await bySql(folder, now);
  assert.equal(days.length, 6);
  assert.equal(expected.size, 6);
  for (const { date, type, secondsMissing, complete, streams } of days) {
    assert.ok(Math.abs(secondsMissing - (expected.get(`${date} ${type}`) ?? 0)) < 1e-3, `${date} ${type}: ${secondsMissing}`);
    assert.equal(streams, 2);
    const seconds = date === "2026-11-20" ? 86_400 : (now / 1e6) % 86_400;
    assert.ok(Math.abs(complete - (1 - secondsMissing / (2 * seconds))) < 1e-9);
  }
  const first = days.find(({ date, type }) => date === "2026-11-20" && type === "bbo")!;
  assert.ok(first.complete > 0.0002 && first.complete < 0.001, `nobody recorded before 23:58:50: ${first.complete}`);
  const last = days.find(({ date, type }) => date === "2026-11-21" && type === "trade")!;
  assert.deepEqual([last.idsMissing, last.holes > 0, last.holesHealed], [0, true, last.holes], "trades of the second outage were fetched");
  assert.ok(last.secondsMissing > 14 && last.secondsMissing < 18, `7 s of two streams: ${last.secondsMissing}`);
  const again = done(surveyor.survey(now, 3));
  assert.deepEqual(again, days, "what it kept of the files says something else");
});
