import assert from "node:assert/strict";
import * as fs from "node:fs";
import { readLedger } from "../../src/sim/venue/ledger_book.ts";
import { argus, ROOT, type Running, startArgus } from "../support/argus_process.ts";
import { compareDayFiles } from "../support/day_file_oracle.ts";
import { checkInvariants, describeViolations } from "../support/invariants.ts";

/** Real recordings, beside the project; absent in a bare clone. */
export const CAPTURES = `${ROOT}../shared/data/captures`;
export const SPOT_CAPTURES = ["20240808", "20240809"].map((day) => `${CAPTURES}/binance-spot-btcusdt-${day}.gz`);
export const hasCaptures = fs.existsSync(SPOT_CAPTURES[0]!);

export interface VenueProcess {
  /** What sends a recorder to it. */
  readonly env: Readonly<Record<string, string>>;
  readonly httpUrl: string;
  readonly ledger: string;
  readonly process: Running;
  stop(): Promise<void>;
}

/** `argus simulate`, as a process of its own on loopback. */
export async function startVenue(folder: string, args: readonly string[], isBinary = false): Promise<VenueProcess> {
  const ledger = `${folder}/ledger.ndjson`;
  const process = startArgus(["simulate", "--source", "binance", "--json", "--port", "0", "--ledger", ledger, ...args], {
    cwd: folder,
    isBinary,
  });
  const { ws_url, http_url } = JSON.parse(await process.firstLine) as { ws_url: string; http_url: string };
  return {
    // Chunks and merges from the first interval on, as a stream with thousands of rows has them.
    env: { ARGUS_SOURCES__BINANCE__WS_URL: ws_url, ARGUS_SOURCES__BINANCE__REST_URL: http_url, ARGUS_FLUSH_ROWS: "1" },
    httpUrl: http_url,
    ledger,
    process,
    async stop() {
      process.signal("SIGTERM");
      const { code, err } = await process.ended;
      assert.equal(code, 0, err);
    },
  };
}

export const RECORD = ["record", "--source", "binance", "--data-path", "data", "--listen", "off", "--json"] as const;

export interface Summary {
  readonly outcome: string;
  readonly events: Readonly<Record<string, number>>;
  readonly rows_merged: number;
  readonly gaps: number;
  readonly duplicates: number;
  readonly quarantined: number;
}

/** `argus record` to its end, which must be a clean one. */
export async function recordFor(
  folder: string,
  venue: VenueProcess,
  args: readonly string[],
  env = {},
  isBinary = false,
): Promise<Summary> {
  const { code, out, err } = await argus([...RECORD, ...args], { cwd: folder, env: { ...venue.env, ...env }, isBinary });
  assert.equal(code, 0, err);
  return summaryOf(out);
}

export function summaryOf(out: string): Summary {
  return JSON.parse(out.trim().split("\n").at(-1)!);
}

/** Rows on disk against the venue's ledger, once the venue has written it out. */
export async function assertAllStored(folder: string, venue: VenueProcess): Promise<number> {
  const ledger = readLedger(fs.readFileSync(venue.ledger, "utf8"));
  const { rows, differences } = await compareDayFiles(`${folder}/data`, ledger);
  assert.deepEqual(differences, []);
  const { broken } = await checkInvariants(`${folder}/data`, ledger, { isDrained: true, isCutShort: true });
  assert.deepEqual(describeViolations(broken), []);
  return rows;
}

export function filesUnder(folder: string): string[] {
  if (!fs.existsSync(folder)) return [];
  return fs.readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
    .map((entry) => `${entry.parentPath}/${entry.name}`).sort();
}
