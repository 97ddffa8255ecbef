import assert from "node:assert/strict";
import type { Committed } from "../../src/processing/journal/committed.ts";
import type { LedgerLine } from "../../src/sim/venue/ledger.ts";
import { LedgerBook, type OwedEvent } from "../../src/sim/venue/ledger_book.ts";
import { duckdb, quoted } from "../readers/readers.ts";

/** One process of the recorder, from its start to its death. */
export interface Life {
  readonly fromTime: number;
  toTime: number;
  toMs: number;
  /** How many rows of each stream it was told to be durable. */
  committed: Committed | undefined;
}

/** What the contract lets a dying recorder lose of what it received … */
const LOST_MS = 1_000;
/** … and how long what was sent may be under way to it. */
const UNDER_WAY_MS = 250;

/** A ledger that knows when it sent what, and so what a recorder that died had received long enough before. */
export class SurvivalLedger extends LedgerBook {
  readonly lives: Life[] = [];
  readonly #nowMs: () => number;
  /** Who listens on a connection: the venue goes on sending to a machine without power. */
  readonly #listeners = new Map<number, Life>();
  readonly #sent = new Map<number, { readonly ms: number; readonly life: Life | undefined }[]>();

  constructor(nowMs: () => number) {
    super();
    this.#nowMs = nowMs;
  }

  override write(line: LedgerLine): void {
    super.write(line);
    const life = this.lives.at(-1);
    if ("step" in line && line.step === "opened" && life !== undefined) this.#listeners.set(line.conn, life);
    if (!("tx" in line)) return;
    const sent = this.#sent.get(line.n) ?? [];
    sent.push({ ms: this.#nowMs(), life: this.#listeners.get(line.conn) });
    this.#sent.set(line.n, sent);
  }

  /** Of a dead one: all it was sent but in its last second. Of the living: what is known to have arrived. */
  override owed(): Map<string, OwedEvent[]> {
    const owed = super.owed();
    for (const events of owed.values()) {
      events.forEach((event, i) => events[i] = { ...event, must: this.#isOwed(event) });
    }
    return owed;
  }

  #isOwed({ n, must }: OwedEvent): boolean {
    return (this.#sent.get(n) ?? []).some(({ ms, life }) =>
      life !== undefined && (life.toMs === Infinity ? must : ms <= life.toMs - LOST_MS - UNDER_WAY_MS)
    );
  }
}

/** Every row that was ever committed is in a day file. Returns how many were. */
export async function assertCommitted(folder: string, lives: readonly Life[]): Promise<number> {
  const sql = await duckdb();
  const paths = new Set(lives.flatMap(({ committed }) => [...committed?.streams ?? []].map(([path]) => path)));
  const times = new Map<string, number[]>();
  for (const type of new Set([...paths].map((path) => path.split("/").slice(0, 2).join("/")))) {
    const rows = await sql(
      `SELECT epoch_us(recv_time) AS us, regexp_extract(filename, '(${type}/[^/]+)/', 1) AS path
       FROM read_parquet(${quoted(`${folder}/${type}/*/*/*.pq`)}, filename = true)`,
    );
    for (const [path, found] of Map.groupBy(rows, (row) => String(row["path"]))) times.set(path, found.map(({ us }) => Number(us)));
  }
  let committed = 0;
  for (const { fromTime, toTime, committed: marks } of lives) {
    for (const [path, rows] of marks?.streams ?? []) {
      committed += rows;
      const found = (times.get(path) ?? []).filter((time) => time >= fromTime && time <= toTime).length;
      assert.ok(found >= rows, `${path}: ${rows} rows were committed, ${found} are in day files`);
    }
  }
  return committed;
}
