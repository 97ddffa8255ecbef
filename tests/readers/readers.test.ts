import assert from "node:assert/strict";
import * as fs from "node:fs";
import { describe, it } from "node:test";
import fc from "fast-check";
import type { DepthEvent } from "../../src/events/depth.ts";
import type { EventBase, EventType } from "../../src/events/event_type.ts";
import { appendRows, fileEnd, newFileBytes } from "../../src/processing/storage/day_file.ts";
import { rowsOfTable } from "../../src/processing/storage/rows.ts";
import { Watermark } from "../../src/processing/storage/watermark.ts";
import { NOON, tableOf, TYPES, world } from "../processing/storage/support.ts";
import { tempFolder } from "../support/temp_folder.ts";
import { duckdb, hyparquetRows, quoted, rowCounts } from "./readers.ts";

const folder = tempFolder("readers");

/** A day file made the way the recorder makes one: a first merge, then appends. */
function dayFile(name: string, type: EventType, parts: readonly (readonly EventBase[])[]): string {
  const path = `${folder}/${name}.pq`;
  fs.writeFileSync(
    path,
    newFileBytes(world, type, `binance/${type.name}/BTCUSDT`, tableOf(type, parts[0]!), Watermark.empty().with("h", [1])),
  );
  const file = world.disk.open(path, "update");
  for (const [i, events] of parts.slice(1).entries()) {
    const end = fileEnd(world, file, file.size())!;
    appendRows(
      world,
      file,
      end,
      type,
      `binance/${type.name}/BTCUSDT`,
      rowsOfTable(tableOf(type, events)),
      end.watermark.with("h", [i + 2]),
    );
  }
  file.close();
  return path;
}

/** An event's field as DuckDB shows the column. */
function shown(value: unknown, kind: string): unknown {
  if (value === undefined) return null;
  if (kind === "int64" || kind === "timestamp") return BigInt(value as number);
  return value;
}

describe("independent readers", () => {
  for (const { type, event } of TYPES) {
    const sizes = [1, 7, 128, 129, 300];
    const parts = sizes.map((numRuns, i) => fc.sample(event, { numRuns, seed: 11 + i }));
    const path = () => dayFile(type.name, type, parts);

    it(`DuckDB, polars, parquet-wasm and hyparquet count the same ${type.name} rows`, async () => {
      const rows = parts.flat().length;
      assert.deepEqual(await rowCounts(path()), { duckdb: rows, hyparquet: rows, parquetWasm: rows, polars: rows });
    });

    it(`DuckDB and hyparquet read every ${type.name} value as it came in`, async () => {
      const sql = await duckdb();
      const selected = type.columns.map(({ name, kind }) => kind === "timestamp" ? `epoch_us(${name}) AS ${name}` : name).join(", ");
      const inDuckdb = await sql(`SELECT ${selected} FROM read_parquet(${quoted(path())})`);
      const inHyparquet = await hyparquetRows(path());
      for (const [i, each] of parts.flat().entries()) {
        for (const { name, field, kind } of type.columns) {
          const value = shown(each[field as keyof EventBase], kind);
          if (kind === "levels") {
            const levels = value as DepthEvent["bids"];
            const listed = (inDuckdb[i]![name] as { items: { entries: { price: number; size: number } }[] }).items;
            assert.deepEqual(listed.map(({ entries: { price, size } }) => [price, size]), levels, `${name} of row ${i} in DuckDB`);
            const objects = inHyparquet[i]![name] as { price: number; size: number }[];
            assert.deepEqual(objects.map(({ price, size }) => [price, size]), levels, `${name} of row ${i} in hyparquet`);
          } else {
            assert.deepEqual(inDuckdb[i]![name], value, `${name} of row ${i} in DuckDB`);
            assert.deepEqual(inHyparquet[i]![name] ?? null, value, `${name} of row ${i} in hyparquet`);
          }
        }
      }
    });
  }

  it("all of them read lists that lie in several pages of a group", async () => {
    const { type, event } = TYPES.find((each) => each.type.name === "depth")!;
    const rows = fc.sample(event, { numRuns: 40, seed: 5 }) as DepthEvent[];
    // Prices repeat, sizes do not: one leaf has a dictionary for all its pages, the other none. A third of the rows have an empty side.
    const books = Array.from({ length: 30_000 }, (_, i): DepthEvent => ({
      ...rows[i % rows.length]!,
      recvTime: NOON + i,
      bids: i % 3 === 0 ? [] : [[60_000 + i % 500 / 100, i + 0.5], [59_000 - i % 400 / 100, 0]],
      asks: Array.from({ length: i % 5 }, (_, k) => [61_000 + (i + k) % 300 / 100, i + k / 8]),
    }));
    const file = dayFile("pages", type, [books, books.slice(0, 5)]);
    const count = books.length + 5;
    assert.deepEqual(await rowCounts(file), { duckdb: count, hyparquet: count, parquetWasm: count, polars: count });
    const sql = await duckdb();
    const inDuckdb = await sql(`SELECT list_sum(list_transform(bids, b -> b.price * b.size)) AS bids,
      list_sum(list_transform(asks, a -> a.price * a.size)) AS asks FROM read_parquet(${quoted(file)}) ORDER BY file_row_number`);
    const inHyparquet = await hyparquetRows(file);
    const sum = (levels: DepthEvent["bids"]) =>
      levels.length === 0 ? null : levels.reduce((total, [price, size]) => total + price * size, 0);
    const listed = (value: unknown) => (value as { price: number; size: number }[]).map(({ price, size }) => [price, size]);
    for (const [i, { bids, asks }] of [...books, ...books.slice(0, 5)].entries()) {
      assert.deepEqual([inDuckdb[i]!["bids"], inDuckdb[i]!["asks"]], [sum(bids), sum(asks)], `row ${i} in DuckDB`);
      assert.deepEqual([listed(inHyparquet[i]!["bids"]), listed(inHyparquet[i]!["asks"])], [bids, asks], `row ${i} in hyparquet`);
    }
  });

  it("DuckDB prunes row groups by statistics without losing the newest row", async () => {
    const { type, event } = TYPES[1]!;
    const file = dayFile("pruned", type, [3, 50, 4].map((numRuns, i) => fc.sample(event, { numRuns, seed: 77 + i })));
    const sql = await duckdb();
    const [row] = await sql(
      `SELECT count(*)::INTEGER AS rows FROM read_parquet(${quoted(file)}) WHERE recv_time >= (SELECT max(recv_time) FROM read_parquet(${
        quoted(file)
      }))`,
    );
    assert.ok(Number(row!["rows"]) >= 1);
  });
});
