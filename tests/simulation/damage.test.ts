import assert from "node:assert/strict";
import { test } from "node:test";
import { tempFolder } from "../support/temp_folder.ts";
import { duckdb, quoted } from "../readers/readers.ts";
import { Recording } from "./recording.ts";

const folder = tempFolder("damaged");

test("a day file damaged while no recorder ran is put beside, told as a gap row, and every later event is stored", async () => {
  const recording = new Recording({ seed: 51, symbols: 2, rate: 40, flushIntervalMs: 2_000 });
  recording.start();
  await recording.world.advance(30_000);
  await recording.stop();
  const name = [...recording.files().keys()].find((file) => /^binance\/trade\/BTCUSDT\/\d{4}\/[\d-]+\.pq$/.test(file))!;
  const disk = recording.world.runtime("recorder").disk;
  const bytes = disk.read(`/data/${name}`);
  bytes[bytes.length >> 1]! ^= 1;
  disk.remove(`/data/${name}`);
  const file = disk.open(`/data/${name}`, "create");
  file.append(bytes);
  file.close();
  recording.host.kill();
  recording.start();
  await recording.world.advance(30_000);
  await recording.finish();
  const beside = [...recording.files().keys()].filter((each) => each.startsWith(`${name}.corrupt-`));
  assert.equal(beside.length, 1);
  assert.deepEqual(recording.files().get(beside[0]!), bytes);
  const { differences } = await recording.compare(folder);
  assert.ok(
    differences.length > 0 && differences.every((each) => /^(I8: 1$|binance\/trade\/BTCUSDT: )/.test(each)),
    differences.join("\n"),
  );
  const sql = await duckdb();
  const gaps = await sql(
    `SELECT data_type, symbol, outcome FROM read_parquet(${quoted(`${folder}/binance/gap/*/*/*.pq`)}) WHERE reason = 'damaged'`,
  );
  assert.deepEqual(gaps, [{ data_type: "trade", symbol: "BTCUSDT", outcome: "unhealable" }]);
  const [{ ids, rows }] = await sql(
    `SELECT count(*)::INTEGER AS rows, count(DISTINCT trade_id)::INTEGER AS ids FROM read_parquet(${quoted(`${folder}/${name}`)})`,
  ) as [{ ids: number; rows: number }];
  assert.ok(rows > 0 && ids === rows);
});
