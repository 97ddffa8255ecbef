import assert from "node:assert/strict";
import * as fs from "node:fs";
import process from "node:process";
import { test } from "node:test";
import { readLedger } from "../../src/sim/venue/ledger_book.ts";
import { argus, startArgus } from "../support/argus_process.ts";
import { compareDayFiles } from "../support/day_file_oracle.ts";
import { checkInvariants, describeViolations } from "../support/invariants.ts";
import { duckdb, quoted } from "../readers/readers.ts";
import { tempFolder } from "../support/temp_folder.ts";
import { RECORD, startVenue, summaryOf } from "./support.ts";

/** `ROUGH=300:5000:50:binary npx bun test tests/end_to_end/rough.test.ts`: five minutes, 5,000 events a second, 50 symbols, the compiled binary. */
const [seconds, rate, symbols, program] = (process.env["ROUGH"] ?? "5:1500:4").split(":") as [string, string, string, string?];
const isLong = Number(seconds) >= 60;
const CALM_MS = isLong ? 60_000 : 6_000; // faults are over: what the venue's weight allows is fetched
const CUTS = 5;

const root = tempFolder("rough");

test(
  "real processes through a rough day, all sockets cut at once five times: nothing undisclosed, missing trades fetched, books begun anew",
  {
    timeout: 1_000 * Number(seconds) + 480_000,
  },
  async () => {
    const folder = `${root}/one`;
    fs.mkdirSync(folder);
    const isBinary = program === "binary";
    const venue = await startVenue(folder, ["--symbols", symbols, "--rate", rate, "--seed", "9", "--faults", "rough"], isBinary);
    const ask = async (verb: string): Promise<{ readonly frames: number }> =>
      await (await fetch(`${venue.httpUrl}/sim/${verb}`, { method: verb === "ledger" ? "GET" : "POST" })).json();
    const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
    /** Only a stream that runs can be cut; refused sockets and a busy machine make it wait for one. */
    const untilEventsCame = async () => {
      const untilMs = performance.now() + 60_000;
      const { frames } = await ask("ledger");
      while ((await ask("ledger")).frames < frames + 200) {
        assert.ok(performance.now() < untilMs, "nothing comes for a minute");
        await wait(100);
      }
    };
    const recorder = startArgus([...RECORD, "--flush-interval", isLong ? "10s" : "1s"], {
      cwd: folder,
      env: venue.env,
      isBinary,
    });
    for (let i = 0; i < CUTS; i++) {
      await wait(1_000 * Number(seconds) / (CUTS + 1));
      await untilEventsCame();
      await ask("cut");
    }
    await untilEventsCame();
    await ask("stop-faults");
    await wait(500);
    // A stream that was cut and then taken off the list says nothing more, and nobody can tell what of it was under way.
    for (const symbol of away(fs.readFileSync(venue.ledger, "utf8"))) await ask(`list?symbol=${symbol}`);
    await wait(CALM_MS);
    await ask("quiesce");
    await wait(2_000);
    recorder.signal("SIGTERM");
    const { code, out, err } = await recorder.ended;
    assert.equal(code, 0, err);
    await venue.stop();

    const ledger = readLedger(fs.readFileSync(venue.ledger, "utf8"));
    const { differences, rows, events } = await compareDayFiles(`${folder}/data`, ledger);
    assert.deepEqual(differences, []);
    const { broken } = await checkInvariants(`${folder}/data`, ledger, { isDrained: true });
    assert.deepEqual(describeViolations(broken), []);
    const verified = await argus(["verify", "--data-path", "data", "--json"], { cwd: folder, isBinary });
    assert.equal(verified.code, 0, verified.out);

    const sql = await duckdb();
    const gaps = `read_parquet(${quoted(`${folder}/data/binance/gap/*/*/*.pq`)}, union_by_name = true)`;
    const told = await sql(
      `SELECT data_type, reason, outcome, count(*)::INTEGER AS rows, sum(healed_rows)::INTEGER AS healed FROM ${gaps} GROUP BY ALL ORDER BY ALL`,
    );
    const summary = summaryOf(out);
    console.log(`${events} events sent, ${rows} rows, ${JSON.stringify(summary)}`);
    for (const row of told) console.log(`  ${Object.values(row).join(" ")}`);
    const count = (type: string, outcome: string) =>
      Number(told.find((row) => row["data_type"] === type && row["reason"] === "sequence" && row["outcome"] === outcome)?.["rows"] ?? 0);
    assert.ok(count("trade", "healed") > 0 && count("depth", "resnapshot") > 0, "nothing was cut, or nothing mended");
  },
);

/** Symbols that trade no more. */
function away(ledger: string): Set<string> {
  const symbols = new Set<string>();
  for (const [, change, symbol] of ledger.matchAll(/^\{"market":"(listed|delisted|halted)","at":\d+,"detail":"([^"]+)"\}$/gm)) {
    if (change === "listed") symbols.delete(symbol!);
    else symbols.add(symbol!);
  }
  return symbols;
}
