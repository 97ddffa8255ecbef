import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { DuckDBInstance } from "@duckdb/node-api";
import { parquetMetadata, parquetSchema } from "hyparquet";
import { parquetWriteBuffer } from "hyparquet-writer";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { EVENT_TYPES, eventTypeOf } from "../../src/events/registry.ts";
import type { EventType } from "../../src/events/event_type.ts";
import { toSchema } from "../../src/events/to_schema.ts";

/** Types as DuckDB, which has read none of our code, names them. */
const DUCKDB = {
  timestamp: "TIMESTAMP WITH TIME ZONE",
  int64: "BIGINT",
  double: "DOUBLE",
  string: "VARCHAR",
  boolean: "BOOLEAN",
  levels: "STRUCT(price DOUBLE, size DOUBLE)[]",
} as const;

const VALUES = {
  timestamp: 1_795_000_000_123_456n,
  int64: 9_007_199_254_740_991n,
  double: 612.1,
  string: "这",
  boolean: true,
  levels: [{ price: 612.1, size: 0 }],
} as const;

/** A file of one row by the stock writer: what is tested here is the schema. */
function fileOf(type: EventType): Uint8Array {
  const columnData = type.columns.map(({ name, kind }) => ({ name, data: [VALUES[kind]] as never }));
  return new Uint8Array(parquetWriteBuffer({ columnData, schema: toSchema(type) }));
}

describe("toSchema", () => {
  it("is what the format documents, element by element", () => {
    const [root, ...columns] = toSchema(eventTypeOf("depth")!);
    assert.deepEqual(root, { name: "root", num_children: 11 });
    const time = { converted_type: "TIMESTAMP_MICROS", logical_type: { type: "TIMESTAMP", isAdjustedToUTC: true, unit: "MICROS" } };
    const text = { type: "BYTE_ARRAY", repetition_type: "REQUIRED", converted_type: "UTF8", logical_type: { type: "STRING" } };
    const side = (name: string) => [
      { name, repetition_type: "REQUIRED", num_children: 1, converted_type: "LIST", logical_type: { type: "LIST" } },
      { name: "list", repetition_type: "REPEATED", num_children: 1 },
      { name: "element", repetition_type: "REQUIRED", num_children: 2 },
      { name: "price", type: "DOUBLE", repetition_type: "REQUIRED" },
      { name: "size", type: "DOUBLE", repetition_type: "REQUIRED" },
    ];
    assert.deepEqual(columns, [
      { name: "recv_time", type: "INT64", repetition_type: "REQUIRED", ...time },
      { name: "event_time", type: "INT64", repetition_type: "OPTIONAL", ...time },
      { name: "source", ...text },
      { name: "symbol", ...text },
      { name: "first_update_id", type: "INT64", repetition_type: "OPTIONAL" },
      { name: "last_update_id", type: "INT64", repetition_type: "OPTIONAL" },
      { name: "prev_update_id", type: "INT64", repetition_type: "OPTIONAL" },
      { name: "is_snapshot", type: "BOOLEAN", repetition_type: "REQUIRED" },
      ...side("bids"),
      ...side("asks"),
      { name: "origin", ...text },
    ]);
  });

  it("survives a footer: hyparquet reads back what was written", () => {
    for (const type of EVENT_TYPES) {
      const metadata = parquetMetadata(fileOf(type).buffer as ArrayBuffer);
      assert.deepEqual(JSON.parse(JSON.stringify(metadata.schema)), toSchema(type), type.name); // without its undefined fields
      const leaves = parquetSchema(metadata).children;
      assert.deepEqual(leaves.map(({ element }) => element.name), type.columns.map(({ name }) => name));
    }
  });

  it("gives DuckDB the types the contract names", async () => {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), "argus-schema-"));
    const instance = await DuckDBInstance.create();
    const connection = await instance.connect();
    try {
      for (const type of EVENT_TYPES) {
        const file = path.join(folder, `${type.name}.pq`);
        fs.writeFileSync(file, fileOf(type));
        const described = await connection.runAndReadAll(`describe select * from read_parquet('${file}')`);
        const found = described.getRowObjectsJson().map((row) => [row["column_name"], row["column_type"]]);
        assert.deepEqual(found, type.columns.map(({ name, kind }) => [name, DUCKDB[kind]]), type.name);
        const times = await connection.runAndReadAll(`select epoch_us(recv_time) as us from read_parquet('${file}')`);
        assert.equal(String(times.getRowObjects()[0]!["us"]), "1795000000123456");
      }
    } finally {
      connection.closeSync();
      instance.closeSync();
      fs.rmSync(folder, { recursive: true });
    }
  });
});
