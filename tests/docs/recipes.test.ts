import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import * as fs from "node:fs";
import { createRequire } from "node:module";
import process from "node:process";
import { after, before, describe, it } from "node:test";
import { startVenue, type VenueProcess } from "../end_to_end/support.ts";
import { GatewayScene } from "../processing/gateway/gateway_scene.ts";
import { duckdb, hyparquetRows } from "../readers/readers.ts";
import { eventually } from "../sim/venue/support.ts";
import { ROOT, type Running, startArgus } from "../support/argus_process.ts";
import { hasPromtool, promtool } from "../support/promtool.ts";
import { tempFolder } from "../support/temp_folder.ts";
import { recipes, recipesOf } from "./recipes.ts";

const folder = tempFolder("recipes");
const PLACE = /(?:localhost|127\.0\.0\.1):8321/g;
const MOMENT = /2026-11-24 22:21:20Z/;
const LINES = 5; // of something endless
const MS_MAX = 20_000;

/** Why a test is left out, where a machine lacks the program it is about. */
function without(command: string): string | false {
  return spawnSync(command, ["--version"]).status === 0 ? false : `${command} is not here`;
}

interface Ran {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** Until it ends, or has printed enough: what follows a stream never ends by itself. */
function run(command: string, args: readonly string[], input: string, env: Record<string, string> = {}): Promise<Ran> {
  const child = spawn(command, args, { cwd: folder, env: { PATH: process.env["PATH"] ?? "", HOME: folder, ...env } });
  let [out, err] = ["", ""];
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    out += text;
    if (out.split("\n").length > LINES) child.kill("SIGKILL");
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => err += text);
  child.stdin.on("error", () => {}); // it ended before it had read all of it, and says why
  child.stdin.end(input);
  const late = setTimeout(() => child.kill("SIGKILL"), MS_MAX);
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code) => (clearTimeout(late), resolve({ code, out, err })));
  });
}

type Row = Record<string, unknown>;

async function rowsOf(type: string, symbol: string): Promise<Row[]> {
  const base = `${folder}/data/binance/${type}/${symbol}`;
  const files = fs.readdirSync(base).flatMap((year) => fs.readdirSync(`${base}/${year}`).map((name) => `${base}/${year}/${name}`)).sort();
  return (await Promise.all(files.map(hyparquetRows))).flat();
}

describe(
  "the recipes of docs/RECIPES.md",
  { skip: "Deno" in globalThis ? "they run programs of their own: once is enough" : false },
  () => {
    let venue: VenueProcess;
    let recorder: Running;
    let host = "";
    let isRecording = false;
    let asOf: { readonly at: string; readonly event: { readonly bids: readonly Row[]; readonly asks: readonly Row[] } };
    const here = (code: string) => code.replaceAll(PLACE, host);

    before(async () => {
      venue = await startVenue(folder, ["--symbols", "4", "--rate", "600"]);
      recorder = startArgus(["record", "--source", "binance", "--listen", "127.0.0.1:0", "--flush-interval", "1s"], {
        cwd: folder,
        env: venue.env,
      });
      await recorder.said("dashboard and API at");
      host = /live at http:\/\/(\S+)/.exec(fs.readFileSync(`${folder}/data/argus.lock`, "utf8"))![1]!;
      isRecording = true;
      await eventually(
        () => fs.existsSync(`${folder}/data/binance/trade/BTCUSDT`) && fs.existsSync(`${folder}/data/binance/depth/BTCUSDT`),
        30_000,
      );
    });
    after(async () => {
      if (isRecording) recorder.signal("SIGKILL");
      await recorder?.ended;
      await venue?.stop();
    });

    it("every block is of a language that is run here", () => {
      assert.deepEqual([...new Set(recipes().map(({ language }) => language))].sort(), ["js", "python", "sh", "sql"]);
      assert.ok(recipes().length >= 10);
    });

    it("curl", { skip: without("curl") }, async () => {
      const token = "s3cret";
      const guarded = await GatewayScene.open({ token });
      const commands = recipesOf("Live, by curl")[0]!.trim().split("\n");
      const rans = await Promise.all(
        commands.map((line) =>
          run("sh", ["-c", `exec ${here(line)}`.replace("https://argus.example.org", guarded.url)], "", { TOKEN: token })
        ),
      );
      rans.forEach(({ code, out, err }, i) => {
        const line = commands[i]!;
        const isEndless = line.includes("curl -sN");
        assert.equal(code, isEndless ? null : 0, `${line}\n${err}`);
        assert.doesNotMatch(out, /"error"/, line);
        if (!line.includes(" -o ")) assert.match(out, isEndless ? /data: \{"path":"binance\/trade\// : /^\{/, line);
      });
      assert.match(fs.readFileSync(`${folder}/trades.csv`, "utf8"), /^recv_time,event_time,source,symbol,trade_id/);
      assert.match(rans.at(-1)!.out, /"version":"test"/);
    });

    it("Python's standard library", { skip: without("python3") }, async () => {
      const [follow, past] = recipesOf("Live, in Python").map(here);
      const [live, once] = await Promise.all([run("python3", ["-u", "-"], follow!), run("python3", ["-"], past!)]);
      assert.equal(live.err, "");
      for (const line of live.out.trim().split("\n").slice(0, LINES)) {
        assert.match(line, /^binance\/trade\/(BTCUSDT|ETH\w+) (20\d\d-\S+Z (buy|sell) [\d.e-]+ [\d.e-]+|hole: .*)$/);
      }
      assert.deepEqual([once.code, once.err], [0, ""]);
      assert.match(once.out, /^(True|False) \[\{'price': [\d.e-]+, 'size': [\d.e-]+\}, .*\n(true|false) [\d.]+\n$/);
    });

    it("JavaScript, in every runtime that is here", async () => {
      const [socket, fetching] = recipesOf("Live, in JavaScript").map(here);
      const deno = [`${ROOT}node_modules/deno/deno`, "run", "-A", "-"];
      const programs = [
        [socket!, process.execPath, "run", "-"],
        [socket!, ...deno],
        [fetching!, process.execPath, "run", "-"],
        [fetching!, ...deno],
        [fetching!, "node", "--input-type=module", "-"],
      ] as [string, string, ...string[]][];
      for (const [code, command, ...args] of programs) {
        const { out, err } = await run(command, args, code);
        assert.equal(err, "", command);
        for (const line of out.trim().split("\n").slice(0, LINES)) {
          assert.match(
            line,
            /^binance\/(bbo|trade)\/\S+ \d+ [\d.e-]+ [\d.e-]+$/,
            command,
          );
        }
        assert.ok(out.split("\n").length > LINES, `${command}: ${out}`);
      }
    });

    it("Prometheus: what it scrapes here is well-formed", { skip: hasPromtool ? false : "promtool is not here" }, async () => {
      const text = await (await fetch(`http://${host}/metrics?symbols=BTC*`)).text();
      assert.match(text, /^argus_path_events_total\{path="binance\/trade\/BTCUSDT"\} \d+$/m);
      assert.equal(promtool(["check", "metrics"], text), "");
    });

    it("DuckDB: bars, quotes at trades, the book of a moment, what is missing", async () => {
      const { at, event } = await (await fetch(`http://${host}/v1/asof/binance/depth/BTCUSDT?levels=all`)).json();
      assert.ok(event !== null, "no book yet");
      asOf = { at, event };
      isRecording = false;
      recorder.signal("SIGTERM");
      assert.equal((await recorder.ended).code, 0);
      const sql = await duckdb();
      const [bars, joined, book, missing] = await Promise.all(
        recipesOf("Day files, in DuckDB").map((text) =>
          sql(text.replaceAll("'data/", `'${folder}/data/`).replace(MOMENT, asOf.at.replace("T", " ")).replace(/;\s*$/, ""))
        ),
      ) as [Row[], Row[], Row[], Row[]];

      const trades = await rowsOf("trade", "BTCUSDT");
      const minutes = Map.groupBy(
        [...trades].sort((a, b) => Number(a["trade_id"]) - Number(b["trade_id"])),
        (row) => Number(row["event_time"]) - Number(row["event_time"]) % 60e6,
      );
      const prices = [...minutes].map(([, rows]) => rows.map(({ price }) => Number(price)));
      assert.deepEqual(
        bars.filter(({ symbol }) => symbol === "BTCUSDT").map((
          { open, high, low, close, trades },
        ) => [open, high, low, close, Number(trades)]),
        prices.map((all) => [all[0], Math.max(...all), Math.min(...all), all.at(-1), all.length]),
      );

      const quotes = await rowsOf("bbo", "BTCUSDT");
      const ofBtc = joined.filter(({ symbol }) => symbol === "BTCUSDT");
      assert.equal(ofBtc.length, trades.filter(({ origin }) => origin === "live").length);
      const times = new Map(trades.map((row) => [Number(row["trade_id"]), Number(row["recv_time"])]));
      for (const row of ofBtc) {
        const time = times.get(Number(row["trade_id"]))!;
        const newest = quotes.filter((quote) => Number(quote["recv_time"]) <= time);
        const last = Number(newest.at(-1)?.["recv_time"]);
        const stood = newest.filter((quote) => Number(quote["recv_time"]) === last); // several may come in one microsecond
        if (stood.length === 0) assert.equal(row["bid_price"], null);
        else {assert.ok(
            stood.some((quote) => quote["bid_price"] === row["bid_price"] && quote["ask_price"] === row["ask_price"]),
            `${row["trade_id"]}`,
          );}
      }

      const sideOf = (name: string) => book.filter(({ side }) => side === name).map(({ price, size }) => ({ price, size }));
      assert.deepEqual([sideOf("bid"), sideOf("ask")], [asOf.event.bids, asOf.event.asks]);
      assert.ok(book.length > 20);
      assert.deepEqual([...new Set(missing.map(({ reason }) => reason))], ["start"]);
      assert.equal(missing.reduce((sum, { holes }) => sum + Number(holes), 0), 12);
    });

    it("polars: bars, quotes at trades", async () => {
      const [code] = recipesOf("Day files, in polars");
      const require = createRequire(import.meta.url);
      const polars = require("nodejs-polars");
      const printed: Row[][] = [];
      const body = code!.replace(/^import .*$/m, "").replaceAll('"data/', `"${folder}/data/`);
      new Function("pl", "console", body)(polars.default ?? polars, { log: (rows: Row[]) => printed.push(rows) });
      const [bars, joined] = printed as [Row[], Row[]];
      const sql = await duckdb();
      const trades = `read_parquet('${folder}/data/binance/trade/BTCUSDT/*/*.pq')`;
      const expected = await sql(`
      SELECT first(price ORDER BY trade_id) AS open, max(price) AS high, min(price) AS low, last(price ORDER BY trade_id) AS close
      FROM ${trades} GROUP BY time_bucket(INTERVAL 1 minute, event_time) ORDER BY time_bucket(INTERVAL 1 minute, event_time)`);
      assert.deepEqual(bars.map(({ open, high, low, close }) => ({ open, high, low, close })), expected);
      const [count] = await sql(`SELECT count(*)::INTEGER AS trades FROM ${trades} WHERE origin = 'live'`);
      assert.equal(joined.length, count!["trades"]);
      assert.ok(joined.filter((row) => Number(row["ask_price"]) > Number(row["bid_price"])).length > joined.length / 2);
    });
  },
);
