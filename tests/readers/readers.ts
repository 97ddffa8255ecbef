import { createRequire } from "node:module";
import * as fs from "node:fs";
import { DuckDBInstance } from "@duckdb/node-api";
import { parquetReadObjects } from "hyparquet";
import { zstdDecompressSync } from "node:zlib";

/** A path as an SQL literal. */
export function quoted(path: string): string {
  return `'${path.replaceAll("'", "''")}'`;
}

/** DuckDB with UTC and without its file cache, which serves a rewritten file's old bytes. */
export async function duckdb(): Promise<(sql: string) => Promise<Record<string, unknown>[]>> {
  const connection = await (await DuckDBInstance.create()).connect();
  await connection.run("SET TimeZone = 'UTC'");
  await connection.run("SET enable_external_file_cache = false");
  return async (sql) => (await connection.runAndReadAll(sql)).getRowObjects() as Record<string, unknown>[];
}

/** Rows as hyparquet reads them; times as µs. */
export async function hyparquetRows(path: string): Promise<Record<string, unknown>[]> {
  const bytes = new Uint8Array(fs.readFileSync(path));
  return await parquetReadObjects({
    file: { byteLength: bytes.length, slice: (from, to) => bytes.slice(from, to).buffer },
    compressors: { ZSTD: (frame, length) => new Uint8Array(zstdDecompressSync(frame, { maxOutputLength: Math.max(1, length) })) },
    parsers: { timestampFromMicroseconds: (micros: bigint) => micros },
  });
}

const require = createRequire(import.meta.url);

interface ParquetWasm {
  readParquet(bytes: Uint8Array): { recordBatches(): { numRows: number }[] };
}

interface Polars {
  scanParquet(path: string): { collectSync(): { height: number; columns: string[] } };
}

/** How many rows each of the four readers finds in a file. */
export async function rowCounts(path: string): Promise<Record<"duckdb" | "hyparquet" | "parquetWasm" | "polars", number>> {
  const sql = await duckdb();
  const [row] = await sql(`SELECT count(*)::INTEGER AS rows FROM read_parquet(${quoted(path)})`);
  const wasm = require("parquet-wasm/node") as ParquetWasm;
  const polars = (require("nodejs-polars") as { default?: Polars } & Polars).default ?? require("nodejs-polars") as Polars;
  return {
    duckdb: Number(row!["rows"]),
    hyparquet: (await hyparquetRows(path)).length,
    parquetWasm: wasm.readParquet(new Uint8Array(fs.readFileSync(path))).recordBatches().reduce((sum, batch) => sum + batch.numRows, 0),
    polars: polars.scanParquet(path).collectSync().height,
  };
}
