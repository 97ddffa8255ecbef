import assert from "node:assert/strict";
import * as fs from "node:fs";
import { test } from "node:test";
import { amountFrom, isSoak } from "../support/amount.ts";
import { type Running, startArgus } from "../support/argus_process.ts";
import { duckdb, quoted } from "../readers/readers.ts";
import { tempFolder } from "../support/temp_folder.ts";
import { assertAllStored, filesUnder, startVenue, summaryOf } from "./support.ts";

/** `npm run soak -- takeovers 50` asks for fifty, at 2,500 events a second. */
const takeovers = amountFrom(2);
const [rate, symbols] = isSoak() ? [2_500, 5] : [600, 4];
const BETWEEN_MS = 300;

const root = tempFolder("takeovers");

test(
  `${takeovers} recorders take over from each other, real processes, at ${rate} events a second: nothing lost, doubled or reordered, no hole`,
  { timeout: 60_000 + 20_000 * takeovers },
  async () => {
    const venue = await startVenue(root, ["--symbols", String(symbols), "--rate", String(rate), "--seed", "31"]);
    const how = { cwd: root, env: venue.env };
    const record = ["record", "--source", "binance", "--data-path", "data", "--json", "--log-level", "info", "--flush-interval", "2s"];
    const start = (args: readonly string[]): Running => startArgus([...record, ...args], how);
    let recorder = start(["--listen", "127.0.0.1:0"]);
    await recorder.said("worker in place");
    // A port that each one leaves to the next.
    const liveAt = () => / live at (http:\S+)/.exec(fs.readFileSync(`${root}/data/argus.lock`, "utf8"))![1]!;
    const url = liveAt();
    const walls: number[] = [];
    let late = 0;
    for (let i = 0; i < takeovers; i++) {
      await new Promise((resolve) => setTimeout(resolve, BETWEEN_MS)); // a real process has no virtual time
      const began = performance.now();
      const next = start(["--takeover", "--listen", new URL(url).host]);
      await next.said(" took over from=");
      walls.push(performance.now() - began);
      const { code, out, err } = await recorder.ended;
      // A machine that does much else may need more than a drain's minute for it; the next one merges the rest.
      const { outcome } = summaryOf(out);
      assert.equal(code, outcome === "drained" ? 0 : 4, err);
      if (outcome !== "drained") late++;
      recorder = next;
    }
    await recorder.said("gateway listens");
    assert.equal((await fetch(`${url}/readyz`)).status, 200);
    assert.equal(liveAt(), url);
    await new Promise((resolve) => setTimeout(resolve, BETWEEN_MS));
    recorder.signal("SIGTERM");
    const { code, err } = await recorder.ended;
    assert.equal(code, 0, err);
    await venue.stop();
    const rows = await assertAllStored(root, venue);
    const sql = await duckdb();
    const read = (type: string) => `read_parquet(${quoted(`${root}/data/binance/${type}/*/*/*.pq`)}, union_by_name = true)`;
    const told = await sql(`SELECT data_type, reason, outcome, count(*)::INTEGER AS rows FROM ${read("gap")} GROUP BY ALL ORDER BY ALL`);
    const moments = await sql(`SELECT split_part(detail, ' ', 1) AS way, count(*)::INTEGER AS rows FROM ${read("session")}
      WHERE event = 'takeover' GROUP BY ALL ORDER BY ALL`);
    console.log(
      `${rows} rows, ${takeovers} takeovers, ${
        Math.round(Math.max(...walls))
      } ms the longest from start to taken over, ${late} drains over a minute`,
    );
    for (const row of told) console.log(`  gap: ${Object.values(row).join(" ")}`);
    assert.deepEqual(moments.map(({ way, rows }) => [way, rows]), [["from", takeovers], ["to", takeovers]]);
    assert.deepEqual(told.filter(({ reason }) => reason !== "start"), []);
    assert.ok(told.every(({ rows }) => rows === symbols), "a start is told once: that of the first recorder");
    assert.deepEqual(filesUnder(`${root}/data/tmp`).map((path) => path.split("/").at(-2)), ["budget"]);
    assert.equal(fs.existsSync(`${root}/data/argus.takeover`), false);
  },
);
