import assert from "node:assert/strict";
import { test } from "node:test";
import { Day, trades, worldOn } from "../processing/storage/day.ts";
import { world } from "../processing/storage/support.ts";
import { seedsFrom } from "../simulation/seeds.ts";
import { tempFolder } from "../support/temp_folder.ts";
import { duckdb, quoted, rowCounts } from "./readers.ts";

const QUERIES = 200;
const RETRIED_MAX = QUERIES / 100;
const folder = tempFolder("growing");

test("DuckDB, reading in a loop while a day file grows, is compacted and rolled, never sees a wrong row", async () => {
  for (const seed of seedsFrom(1, 1)) await readsWhileGrowing(seed);
});

async function readsWhileGrowing(seed: number): Promise<void> {
  const still = worldOn(world.disk, false);
  const day = new Day(still, `${folder}/${seed}`);
  const sql = await duckdb();
  const firstId = trades(1)[0]!.tradeId!;
  let chunk = 0;
  let rolls = 0;
  const grow = () => {
    day.accept(++chunk, trades(20 + (chunk + seed) % 5));
    day.flush();
    if (chunk % 150 === 0 && day.roll().what === "rolled") rolls++;
  };
  grow();
  let [seen, retried] = [0, 0];
  for (let n = 0; n < QUERIES; n++) {
    const query = async () => {
      const [row] = await sql(
        `SELECT count(*)::INTEGER AS rows, count(DISTINCT trade_id)::INTEGER AS ids, min(trade_id)::INTEGER AS first, max(trade_id)::INTEGER AS last, sum(price * 100 - trade_id)::DOUBLE AS off FROM read_parquet(${
          quoted(day.file)
        })`,
      );
      return row as Record<"rows" | "ids" | "first" | "last" | "off", number>;
    };
    let isOver = false;
    const answer = query().catch(() => (retried++, query())).finally(() => isOver = true);
    while (!isOver) {
      grow();
      await new Promise((resolve) => setTimeout(resolve, 1)); // DuckDB reads on threads of its own all the while
    }
    const { rows, ids, first, last, off } = await answer;
    assert.ok(
      rows === ids && first === firstId + 1 && last - first + 1 === rows && Math.abs(off) < 1e-3,
      `seed ${seed}, query ${n}: ${rows} rows, ${first}..${last}, ${off}`,
    );
    assert.ok(rows >= seen, `query ${n} saw ${rows} rows after ${seen}`);
    seen = rows;
  }
  assert.ok(chunk > QUERIES && rolls > 0, `${chunk} merges, ${rolls} rolls`);
  assert.ok(retried <= RETRIED_MAX, `${retried} of ${QUERIES} had to be asked again`);
  for (const roll of [() => {}, () => day.roll()]) {
    roll();
    const rows = Number(day.end().metadata.num_rows);
    assert.deepEqual(await rowCounts(day.file), { duckdb: rows, hyparquet: rows, parquetWasm: rows, polars: rows });
  }
}
