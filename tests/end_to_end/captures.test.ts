import assert from "node:assert/strict";
import * as fs from "node:fs";
import { describe, it } from "node:test";
import { argus, startArgus } from "../support/argus_process.ts";
import { tempFolder } from "../support/temp_folder.ts";
import { duckdb, quoted, rowCounts } from "../readers/readers.ts";
import { filesUnder, hasCaptures, RECORD, SPOT_CAPTURES, startVenue, summaryOf } from "./support.ts";

const folder = tempFolder("captures");
const skip = hasCaptures ? false : "the recordings are not beside this clone";
if (skip) console.log(`skipped: ${skip}`);

/** What the captures' README counts, and where midnight falls. */
const COUNTS = { bbo: 73_174, trade: 19_904, depth: 6_495 };

describe("real Binance spot captures", { skip }, () => {
  it("imported, DuckDB reads exactly their counts per type and day, in order, without a gap or a duplicate", async () => {
    const imported = await argus(["import", "--source", "binance", "--data-path", "imported", "--json", ...SPOT_CAPTURES], { cwd: folder });
    assert.equal(imported.code, 0, imported.err);
    const summary = JSON.parse(imported.out);
    assert.deepEqual(summary.events, { ...COUNTS });
    assert.deepEqual([summary.gaps, summary.duplicates, summary.quarantined, summary.rows_added], [0, 0, 0, 99_573]);

    const sql = await duckdb();
    for (const [type, sequence] of [["bbo", "update_id"], ["trade", "trade_id"], ["depth", "last_update_id"]] as const) {
      const files = `read_parquet(${quoted(`${folder}/imported/binance/${type}/*/*/*.pq`)}, filename = true, file_row_number = true)`;
      const [row] = await sql(
        `SELECT count(*)::INTEGER AS rows, count(DISTINCT ${sequence})::INTEGER AS ids, bool_and(strftime(recv_time, '%Y-%m-%d') = regexp_extract(filename, '(\\d{4}-\\d{2}-\\d{2})\\.pq$', 1)) AS right_day, count(DISTINCT filename)::INTEGER AS days FROM ${files}`,
      );
      assert.deepEqual(row, { rows: COUNTS[type], ids: COUNTS[type], right_day: true, days: 2 });
      const [order] = await sql(
        `SELECT bool_and(ordered) AS ordered FROM (SELECT ${sequence} > lag(${sequence}) OVER (ORDER BY filename, file_row_number) AS ordered FROM ${files})`,
      );
      assert.equal(order!["ordered"], true, `${type} out of order`);
    }
    const [gaps] = await sql(
      `SELECT max(trade_id) - min(trade_id) + 1 = count(*) AS contiguous FROM read_parquet(${
        quoted(`${folder}/imported/binance/trade/*/*/*.pq`)
      })`,
    );
    assert.equal(gaps!["contiguous"], true);
  });

  it("imported, every value is the one in the capture, read there by other means", async () => {
    const { gunzipSync } = await import("node:zlib");
    const sql = await duckdb();
    const expected = SPOT_CAPTURES.flatMap((file) => gunzipSync(fs.readFileSync(file)).toString("utf8").split("\n"))
      .map((line) => /^(\d+)\d{3} \{"stream":"btcusdt@(\w+)[^"]*","data":(.*)\}$/.exec(line.trim()))
      .filter((match) => match !== null)
      .map(([, recv, stream, data]) => ({ recv: BigInt(recv!), stream, data: JSON.parse(data!) }));
    const rowsOf = (type: string) =>
      sql(
        `SELECT *, epoch_us(recv_time) AS recv_us, epoch_us(event_time) AS event_us FROM read_parquet(${
          quoted(`${folder}/imported/binance/${type}/*/*/*.pq`)
        }, filename = true, file_row_number = true) ORDER BY filename, file_row_number`,
      );
    const ms = (value: number) => BigInt(value) * 1_000n;
    const trades = expected.filter(({ stream }) => stream === "trade");
    for (const [i, row] of (await rowsOf("trade")).entries()) {
      const { recv, data } = trades[i]!;
      const found = [
        row["recv_us"],
        row["event_us"],
        row["trade_id"],
        row["price"],
        row["size"],
        row["side"],
        row["symbol"],
        row["source"],
        row["origin"],
      ];
      assert.deepEqual(found, [
        recv,
        ms(data.T),
        BigInt(data.t),
        Number(data.p),
        Number(data.q),
        data.m ? "sell" : "buy",
        "BTCUSDT",
        "binance",
        "live",
      ]);
    }
    const quotes = expected.filter(({ stream }) => stream === "bookTicker");
    for (const [i, row] of (await rowsOf("bbo")).entries()) {
      const { recv, data } = quotes[i]!;
      const found = [
        row["recv_us"],
        row["event_us"],
        row["update_id"],
        row["bid_price"],
        row["bid_size"],
        row["ask_price"],
        row["ask_size"],
      ];
      assert.deepEqual(found, [recv, null, BigInt(data.u), Number(data.b), Number(data.B), Number(data.a), Number(data.A)]);
    }
    const books = expected.filter(({ stream }) => stream === "depth");
    const levels = (value: unknown) =>
      (value as { items: { entries: { price: number; size: number } }[] }).items.map(({ entries: { price, size } }) => [price, size]);
    const numbers = (pairs: [string, string][]) => pairs.map(([price, size]) => [Number(price), Number(size)]);
    for (const [i, row] of (await rowsOf("depth")).entries()) {
      const { recv, data } = books[i]!;
      assert.deepEqual([row["recv_us"], row["event_us"], row["first_update_id"], row["last_update_id"]], [
        recv,
        ms(data.E),
        BigInt(data.U),
        BigInt(data.u),
      ]);
      assert.deepEqual([levels(row["bids"]), levels(row["asks"])], [numbers(data.b), numbers(data.a)]);
    }
  });

  it("imported again, they add nothing and change no byte", async () => {
    const before = filesUnder(`${folder}/imported/binance`).map((file) => fs.readFileSync(file));
    const again = await argus(["import", "--source", "binance", "--data-path", "imported", "--json", ...SPOT_CAPTURES], { cwd: folder });
    assert.equal(JSON.parse(again.out).rows_added, 0, again.err);
    const after = filesUnder(`${folder}/imported/binance`).map((file) => fs.readFileSync(file));
    assert.ok(before.length === 6 && before.every((bytes, i) => bytes.equals(after[i]!)));
  });

  it("played by the simulated venue and recorded live, the rows are those of the import but for recv_time", async () => {
    const venue = await startVenue(folder, ["--capture", SPOT_CAPTURES.join(","), "--speed", "max"]);
    const recorder = startArgus([...RECORD, "--flush-interval", "1s"], { cwd: folder, env: venue.env });
    assert.equal((await venue.process.ended).code, 0, "the venue ends when the recording has arrived");
    recorder.signal("SIGTERM");
    const { code, out, err } = await recorder.ended;
    assert.equal(code, 0, err);
    const summary = summaryOf(out);
    const { depth, ...events } = summary.events;
    assert.deepEqual([events, summary.gaps, summary.duplicates], [{ bbo: COUNTS.bbo, trade: COUNTS.trade }, 0, 0]);
    assert.ok(depth! >= COUNTS.depth, "the changes, and whole books beside them");
    const sql = await duckdb();
    for (
      const [type, columns] of [
        ["bbo", "update_id, bid_price, bid_size, ask_price, ask_size"],
        ["trade", "event_time, trade_id, price, size, side"],
        ["depth", "event_time, first_update_id, last_update_id, is_snapshot, bids, asks"],
      ]
    ) {
      const select = (data: string) =>
        `SELECT ${columns}, symbol, source FROM read_parquet(${
          quoted(`${folder}/${data}/binance/${type}/*/*/*.pq`)
        }) WHERE origin = 'live'`;
      for (const [a, b] of [["imported", "data"], ["data", "imported"]]) {
        assert.deepEqual(await sql(`${select(a!)} EXCEPT ALL ${select(b!)}`), [], `${type}: in ${a}, not in ${b}`);
      }
    }
  });

  it("each file of both opens in DuckDB, parquet-wasm, polars and hyparquet with equal counts", async () => {
    const files = [...filesUnder(`${folder}/imported/binance`), ...filesUnder(`${folder}/data/binance`)];
    assert.equal(files.length, 6 + 3 + 3, "six imported, three recorded, three of what the recorder says itself");
    for (const file of files) {
      const counts = Object.values(await rowCounts(file));
      assert.ok(counts[0]! > 0 && counts.every((count) => count === counts[0]), `${file}: ${counts}`);
    }
  });
});
