import * as fs from "node:fs";
import { OWN_TYPES } from "../../src/events/registry.ts";
import type { LedgerBook, OwedEvent } from "../../src/sim/venue/ledger_book.ts";
import { duckdb, quoted } from "../readers/readers.ts";

export interface OracleResult {
  readonly events: number;
  readonly rows: number;
  /** In words; empty when everything is as it must be. */
  readonly differences: readonly string[];
}

/** Columns that say where a row lies in its stream. */
const SEQUENCE: Readonly<Record<string, readonly [first: string, last: string]>> = {
  trade: ["trade_id", "trade_id"],
  bbo: ["update_id", "update_id"],
  depth: ["first_update_id", "last_update_id"],
};
const DIFFERENCES_MAX = 20;

/**
 * Day files, as DuckDB reads them, against what the venue says it sent: every event that arrived is there once, in order, with the values
 * that were sent; nothing else is there. Depth is cut into windows for each socket, so what must be there is every update id, whatever
 * window brought it.
 */
export async function compareDayFiles(dataPath: string, ledger: LedgerBook): Promise<OracleResult> {
  const differences: string[] = [];
  const sql = await duckdb();
  let rows = 0;
  const owed = ledger.owed();
  for (const [path, events] of owed) {
    if (!fs.existsSync(`${dataPath}/${path}`)) {
      if (events.some(({ must }) => must)) differences.push(`${path}: nothing was stored, ${events.length} events were sent`);
      continue;
    }
    const files = `read_parquet(${quoted(`${dataPath}/${path}/*/*.pq`)}, filename = true, file_row_number = true)`;
    const stored = await sql(`SELECT *, epoch_us(event_time) AS event_us FROM ${files} ORDER BY filename, file_row_number`);
    rows += stored.length;
    comparePath(path, events, stored, (text) => differences.push(`${path}: ${text}`));
    if (differences.length > DIFFERENCES_MAX) break;
  }
  for (const path of storedPaths(dataPath)) {
    if (!owed.has(path) && !isOwn(path)) differences.push(`${path}: stored, and nothing of it was ever sent`);
  }
  return { events: ledger.eventCount, rows, differences: differences.slice(0, DIFFERENCES_MAX) };
}

function comparePath(
  path: string,
  events: readonly OwedEvent[],
  stored: readonly Record<string, unknown>[],
  differ: (text: string) => void,
): void {
  const [, type, symbol] = path.split("/") as [string, string, string];
  const [firstColumn, lastColumn] = SEQUENCE[type]!;
  // Two sockets may cut the same window at different times: a row is one of them.
  const byId = new Map<string, OwedEvent[]>();
  for (const event of events) byId.set(event.seq.join("-"), [...byId.get(event.seq.join("-")) ?? [], event]);
  const seen = new Set<string>();
  let previous: readonly [number, number] | undefined;
  for (const [i, row] of stored.entries()) {
    if (row["origin"] === "snapshot") continue; // a whole book, fetched: the stream goes on around it
    const seq = [Number(row[firstColumn]), Number(row[lastColumn])] as const;
    const id = seq.join("-");
    if (row["origin"] === "heal") { // nobody was sent it: it fills a hole, so no other row has its number
      if (seen.has(id)) return differ(`row ${i} (${id}) was fetched although it was there`);
      seen.add(id);
      continue;
    }
    const sent = byId.get(id);
    if (sent === undefined) return differ(`row ${i} (${id}) was never sent`);
    if (seen.has(id)) return differ(`row ${i} (${id}) stands there twice`);
    if (previous !== undefined && seq[1] <= previous[1]) return differ(`row ${i} (${id}) stands behind ${previous.join("-")}`);
    const wrong = sent.map((event) => wrongField(event, row, symbol));
    if (!wrong.includes(undefined)) return differ(`row ${i} (${id}): ${wrong[0]}`);
    seen.add(id);
    previous = seq;
  }
  const missing = type === "depth" ? uncovered(events, stored) : events.filter((event) => event.must && !seen.has(event.seq.join("-")));
  if (missing.length > 0) {
    differ(`${missing.length} of ${events.length} events that arrived are missing, the first is ${missing[0]!.seq.join("-")}`);
  }
}

/** Windows that arrived and are not covered by the rows' windows together. */
function uncovered(events: readonly OwedEvent[], stored: readonly Record<string, unknown>[]): OwedEvent[] {
  const spans: [number, number][] = [];
  for (const row of stored.filter(({ origin }) => origin === "live")) {
    const [first, last] = [Number(row["first_update_id"]), Number(row["last_update_id"])];
    const open = spans.at(-1);
    if (open !== undefined && first <= open[1] + 1) open[1] = Math.max(open[1], last);
    else spans.push([first, last]);
  }
  return events.filter(({ must, seq }) => must && !spans.some(([first, last]) => first <= seq[0] && seq[1] <= last));
}

function wrongField(event: OwedEvent, row: Readonly<Record<string, unknown>>, symbol: string): string | undefined {
  for (const [column, expected] of Object.entries(event.fields)) {
    const found = plain(row[column]);
    if (JSON.stringify(found) !== JSON.stringify(expected)) {
      return `${column} is ${JSON.stringify(found)}, sent was ${JSON.stringify(expected)}`;
    }
  }
  const eventTime = row["event_us"] === null ? null : Number(row["event_us"]);
  if (eventTime !== event.t) return `event_time is ${eventTime}, sent was ${event.t}`;
  if (row["symbol"] !== event.symbol) return `symbol is ${row["symbol"]}, in ${symbol}`;
  if (row["origin"] !== "live") return `origin is ${row["origin"]}`;
  return undefined;
}

/** A DuckDB value as JSON would hold it. */
function plain(value: unknown): unknown {
  if (typeof value === "bigint") return Number(value);
  if (typeof value === "object" && value !== null && "items" in value) {
    return (value.items as { entries: { price: number; size: number } }[]).map(({ entries: { price, size } }) => [price, size]);
  }
  return value;
}

/** What the recorder says itself. */
function isOwn(path: string): boolean {
  return OWN_TYPES.includes(path.split("/")[1]!);
}

function storedPaths(dataPath: string): string[] {
  const paths: string[] = [];
  for (const source of folders(dataPath).filter((name) => name !== "tmp")) {
    for (const type of folders(`${dataPath}/${source}`)) {
      for (const symbol of folders(`${dataPath}/${source}/${type}`)) paths.push(`${source}/${type}/${symbol}`);
    }
  }
  return paths;
}

function folders(path: string): string[] {
  return fs.readdirSync(path, { withFileTypes: true }).filter((entry) => entry.isDirectory()).map(({ name }) => name);
}
