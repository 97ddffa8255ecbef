import assert from "node:assert/strict";
import * as fs from "node:fs";
import { describe, it } from "node:test";
import fc from "fast-check";
import type { DepthEvent } from "../../src/events/depth.ts";
import type { EventBase, EventType } from "../../src/events/event_type.ts";
import { appendRows, fileEnd, newFileBytes } from "../../src/processing/storage/day_file.ts";
import { Watermark } from "../../src/processing/storage/watermark.ts";
import { tableOf, TYPES, world } from "../processing/storage/support.ts";
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
    appendRows(world, file, end, type, `binance/${type.name}/BTCUSDT`, tableOf(type, events), end.watermark.with("h", [i + 2]));
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
