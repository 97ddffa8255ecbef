import { DuckDBInstance } from "@duckdb/node-api";

/** Rows of the day files below a folder in the order they stand in, as DuckDB reads them; integers as numbers. */
export async function dayRows(folder: string, columns: string): Promise<unknown[][]> {
  const connection = await (await DuckDBInstance.create()).connect();
  const files = `read_parquet('${folder.replaceAll("'", "''")}/*/*/*.pq', filename = true, file_row_number = true)`;
  const rows = await (await connection.runAndReadAll(`SELECT ${columns} FROM ${files} ORDER BY filename, file_row_number`)).getRows();
  connection.closeSync();
  return rows.map((row) => row.map((value) => typeof value === "bigint" ? Number(value) : value));
}

export interface OrderBookRow {
  readonly first: number;
  readonly last: number;
  readonly bids: readonly (readonly [price: number, size: number])[];
  readonly asks: readonly (readonly [price: number, size: number])[];
  readonly isSnapshot: boolean;
}

/** What the changes up to an update id come to, level by level: no size where the last word was 0. */
export function bookAfter(rows: readonly OrderBookRow[], updateId: number): { bids: [number, number][]; asks: [number, number][] } {
  const side = (name: "bids" | "asks") => {
    const levels = new Map<number, number>();
    for (const row of rows) if (row.last <= updateId) { for (const [price, size] of row[name]) levels.set(price, size); }
    return [...levels].filter(([, size]) => size !== 0).sort((a, b) => a[0] - b[0]);
  };
  return { bids: side("bids"), asks: side("asks") };
}
