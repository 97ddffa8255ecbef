import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { verifyData } from "../../src/app/verify.ts";
import { loadRuntime } from "../../src/runtime/load.ts";
import type { LedgerBook } from "../../src/sim/venue/ledger_book.ts";
import { duckdb, quoted } from "../readers/readers.ts";
import { JUDGED_TYPES, type JudgedType, ledgerSql, misplacedRows, recordedSql, violations } from "./invariants_sql.ts";

/** How many rows break each promise. */
export type Violations = Readonly<Record<Invariant, number>>;

/**
 * I1 invented · I2 altered · I3 twice · I4 arrived and not there · I5 missing and not told · `wolf` told and nothing missing · `anchor` a book
 * said to be fetched anew that is not there · I6 out of order · I7 in another file than its time, source and symbol say · I8 a file that does
 * not open, or one where none belongs · I12 `argus verify` says otherwise.
 */
export const INVARIANTS = ["I1", "I2", "I3", "I4", "I5", "wolf", "anchor", "I6", "I7", "I8", "I12"] as const;
export type Invariant = typeof INVARIANTS[number];

export interface InvariantOptions {
  /** Nothing was cut, so all that was sent arrived, whether or not a pong has answered for it. */
  readonly isLossless?: boolean;
  /** The recorder was drained: nothing is left under tmp/. */
  readonly isDrained?: boolean;
  /** The recorder ended while the venue went on: nobody was left to tell of what followed its last row. */
  readonly isCutShort?: boolean;
}

type Sql = Awaited<ReturnType<typeof duckdb>>;

const DAY_FILE = /^[^/]+\/[^/]+\/[^/]+\/\d{4}\/\d{4}-\d{2}-\d{2}\.pq$/;
const runtime = await loadRuntime(import.meta.url);

export interface Findings {
  /** Rows of the judged types. */
  readonly rows: number;
  readonly broken: Violations;
}

/** Day files as DuckDB reads them, against what the venue says it sent, by nothing but SQL: it shares no code with what wrote them. */
export async function checkInvariants(dataPath: string, ledger: LedgerBook, options: InvariantOptions = {}): Promise<Findings> {
  // Of its own: a folder of the first test file that asks would be gone when that one is over.
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "argus-invariants-"));
  try {
    return await found(dataPath, ledger, folder, options);
  } finally {
    fs.rmSync(folder, { recursive: true, force: true });
  }
}

async function found(dataPath: string, ledger: LedgerBook, folder: string, options: InvariantOptions): Promise<Findings> {
  const { isCutShort = false } = options;
  let rows = 0;
  const counts: Record<Invariant, number> = { I1: 0, I2: 0, I3: 0, I4: 0, I5: 0, wolf: 0, anchor: 0, I6: 0, I7: 0, I8: 0, I12: 0 };
  const files = fs.readdirSync(dataPath, { recursive: true, encoding: "utf8" }).map((name) => name.replaceAll("\\", "/"));
  const sql = await duckdb();
  await sql("SET threads = 1");
  counts.I8 = await unreadable(sql, dataPath, files) + strangers(dataPath, files, options);
  const days = files.filter((name) => DAY_FILE.test(name));
  if (counts.I8 === 0) {
    await sql(`CREATE TABLE gaps AS ${recordedSql("gap", readFrom(dataPath, days, "gap"))}`);
    for (const type of JUDGED_TYPES) {
      add(
        counts,
        await judged(sql, type, { ledger: ledgerFile(folder, ledger, type, options), files: readFrom(dataPath, days, type), isCutShort }),
      );
      rows += await count(sql, "SELECT count(*) FROM stored");
    }
    if (days.length > 0) counts.I7 = await count(sql, misplacedRows(list(dataPath, days)));
  }
  counts.I12 = await verdictDiffers(dataPath, counts);
  return { rows, broken: counts };
}

/** In words, where there is something to say. */
export function describeViolations(found: Violations): string[] {
  return INVARIANTS.filter((name) => found[name] > 0).map((name) => `${name}: ${found[name]}`);
}

async function judged(
  sql: Sql,
  type: JudgedType,
  { ledger, files, isCutShort }: { readonly ledger: string; readonly files: string | undefined; readonly isCutShort: boolean },
): Promise<Partial<Record<Invariant, number>>> {
  await sql(`CREATE OR REPLACE TABLE ledger AS ${ledgerSql(type, quoted(ledger))}`);
  await sql(`CREATE OR REPLACE TABLE stored AS ${recordedSql(type, files)}`);
  const found: Partial<Record<Invariant, number>> = {};
  for (const { name, query } of violations(type, isCutShort)) {
    if (name === undefined) await sql(query);
    else found[name] = (found[name] ?? 0) + await count(sql, query);
  }
  return found;
}

/** What was sent of a type, as NDJSON. */
function ledgerFile(folder: string, ledger: LedgerBook, type: JudgedType, { isLossless = false }: InvariantOptions): string {
  const lines = [...ledger.owed()].filter(([name]) => name.split("/")[1] === type).flatMap(([name, events]) =>
    events.map(({ symbol, seq, t, must, fields }) =>
      JSON.stringify({ source: name.split("/")[0], symbol, first: seq[0], last: seq[1], event_us: t, must: must || isLossless, ...fields })
    )
  );
  const file = `${folder}/${type}.ndjson`;
  fs.writeFileSync(file, lines.join("\n"));
  return file;
}

async function unreadable(sql: Sql, dataPath: string, files: readonly string[]): Promise<number> {
  const opens = async (names: readonly string[]) => {
    try {
      await sql(`SELECT count(*) FROM read_parquet(${list(dataPath, names)}, union_by_name = true)`);
      return true;
    } catch {
      return false;
    }
  };
  const names = files.filter((each) => each.endsWith(".pq") && !each.startsWith("tmp/"));
  if (names.length === 0 || await opens(names)) return 0;
  let found = 0;
  for (const name of names) if (!await opens([name])) found++;
  return found;
}

/** Files that are neither a day file nor ours to have there. */
function strangers(dataPath: string, files: readonly string[], { isDrained = false }: InvariantOptions): number {
  const plain = files.filter((name) => fs.statSync(path.join(dataPath, name)).isFile());
  return plain.filter((name) => {
    if (name.startsWith("tmp/")) return isDrained && !/^tmp\/(quarantine|journal|budget)\//.test(name);
    return !DAY_FILE.test(name) && name !== "argus.lock" && name !== "argus.takeover";
  }).length;
}

/** `argus verify` agrees: all is well where nothing is broken, and not where it can see that something is. */
async function verdictDiffers(dataPath: string, { I3, I6, I7, I8, ...others }: Readonly<Record<Invariant, number>>): Promise<number> {
  const signal = new AbortController().signal;
  const { isGood } = await verifyData(runtime, { dataPath, symbols: ["*"], exclude: [], signal }, () => {});
  const isSeen = I3 + I6 + I7 + I8 > 0;
  const isWell = !isSeen && Object.values(others).every((each) => each === 0);
  return (isWell && !isGood) || (isSeen && isGood) ? 1 : 0;
}

function readFrom(dataPath: string, days: readonly string[], type: string): string | undefined {
  const own = days.filter((name) => name.split("/")[1] === type);
  return own.length === 0 ? undefined : list(dataPath, own);
}

function list(dataPath: string, names: readonly string[]): string {
  return `[${names.map((name) => quoted(`${dataPath}/${name}`)).join(", ")}]`;
}

async function count(sql: Sql, query: string): Promise<number> {
  return Number(Object.values((await sql(query))[0]!)[0]);
}

function add(counts: Record<Invariant, number>, found: Partial<Record<Invariant, number>>): void {
  for (const name of INVARIANTS) counts[name] += found[name] ?? 0;
}
