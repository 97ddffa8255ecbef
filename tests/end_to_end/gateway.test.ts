import assert from "node:assert/strict";
import * as fs from "node:fs";
import { spawn } from "node:child_process";
import { type AddressInfo, createServer } from "node:net";
import process from "node:process";
import { describe, it } from "node:test";
import { readLedger } from "../../src/sim/venue/ledger_book.ts";
import { liveAddress } from "../../src/processing/storage/lock.ts";
import { loadRuntime } from "../../src/runtime/load.ts";
import { discontinuities, eventually, type Message, StreamClient } from "../processing/gateway/stream_client.ts";
import { duckdb, quoted } from "../readers/readers.ts";
import { argus, ROOT, startArgus } from "../support/argus_process.ts";
import { tempFolder } from "../support/temp_folder.ts";
import { startVenue } from "./support.ts";

const runtime = await loadRuntime(import.meta.url);
const folder = tempFolder("gateway");
const RECORD = ["record", "--source", "binance", "--data-path", "data", "--json"];

async function liveUrl(): Promise<string> {
  let url: string | undefined;
  assert.ok(await eventually(() => (url = liveAddress(runtime, `${folder}/data`)) !== undefined, 20_000), "the recorder is not live");
  return url!;
}

describe("a recorder that is watched", () => {
  it("tells everything the venue sent, answers for the past while it runs, and the command line does the same", async () => {
    const venue = await startVenue(folder, ["--symbols", "6", "--rate", "600", "--seed", "5"]);
    const recorder = startArgus([...RECORD, "--listen", "127.0.0.1:0", "--flush-interval", "2s"], {
      cwd: folder,
      env: { ...venue.env, ARGUS_SOURCES__BINANCE__WORKER_MAX_AGE: "3s" },
    });
    const url = await liveUrl();
    const client = await StreamClient.open(url, ["binance/trade/*", "binance/bbo/*"]);
    assert.ok(await eventually(() => client.messages.length > 500, 20_000), `${client.messages.length} messages`);

    const cli = async (args: readonly string[]) => {
      const { code, out, err } = await argus([...args, "--data-path", "data"], { cwd: folder });
      assert.equal(code, 0, `${args.join(" ")}: ${err}`);
      return out;
    };
    const status = JSON.parse(await cli(["status", "--json"]));
    assert.equal(status.ready, true);
    assert.ok(status.sources[0].workers.length > 0);
    const top = JSON.parse(await cli(["top", "--once", "--json", "--filter", "/trade/"]));
    assert.ok(top.paths.length > 0 && top.paths.every(({ path }: { path: string }) => path.includes("/trade/")));
    assert.match(await cli(["top", "--once"]), /events\/s/);
    const tailed = (await cli(["tail", "binance/trade/*", "--json", "--count", "20"])).trim().split("\n").map((line) =>
      JSON.parse(line) as Message
    );
    assert.equal(tailed.filter(({ seq }) => seq !== undefined).length, 20);
    assert.deepEqual(discontinuities(tailed), []);

    // The same question by HTTP and by the command line, about a moment that has passed: files and memory, from two processes.
    const past = client.messages.filter(({ event }) => event !== undefined).slice(50, 400);
    for (const { path, event } of [past[0]!, past.at(-1)!]) {
      const at = event.recv_time;
      const answer = await (await fetch(`${url}/v1/asof/${path}?at=${at}`)).json();
      assert.deepEqual(JSON.parse(await cli(["asof", path!, "--at", at, "--json"])), answer);
      assert.equal(answer.event.recv_time, at);
    }
    const { path } = past[0]!;
    const to = new Date(Date.now() - 500).toISOString();
    const lines = await cli(["events", path!, "--to", to]);
    assert.equal(lines, await (await fetch(`${url}/v1/events/${path}?to=${to}`)).text());
    assert.ok(lines.split("\n").length > 10);
    await cli(["events", path!, "--to", to, "--format", "parquet", "--out", "range.pq"]);
    const [count] = await (await duckdb())(`SELECT count(*) AS n FROM read_parquet(${quoted(`${folder}/range.pq`)})`);
    assert.equal(Number(count!.n), lines.trim().split("\n").length);
    await assertEndsWithItsReader(["tail", "binance/trade/*", "--data-path", "data"]);
    const flushed = await fetch(`${url}/v1/admin/flush`, { method: "POST", body: "{}", headers: { "content-type": "application/json" } });
    assert.deepEqual([flushed.status, (await flushed.json()).done], [200, true]);

    const taken = await argus([...RECORD.with(4, "other"), "--listen", new URL(url).host], { cwd: folder, env: venue.env });
    assert.deepEqual([taken.code, taken.out], [2, ""]);
    assert.match(taken.err, /gateway\.listen.*something else listens there already/);

    // The venue falls silent before the recorder ends, so what it sent is what the client was told.
    venue.process.signal("SIGTERM");
    await venue.process.ended;
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    recorder.signal("SIGTERM");
    const { code, err } = await client.closed.then(() => recorder.ended);
    assert.equal(code, 0, err);
    assert.equal((await client.closed).code, 1001);
    assert.deepEqual(discontinuities(client.messages), [], "I9");
    assertTold(client.messages, venue.ledger);

    const later = await argus(["asof", path!, "--data-path", "data", "--json"], { cwd: folder });
    assert.equal(later.code, 0, later.err);
    const { complete, gap } = JSON.parse(later.out);
    assert.deepEqual([complete, gap.reason], [false, "stopped"]);
    const nobody = await argus(["status", "--data-path", "data"], { cwd: folder });
    assert.equal(nobody.code, 1);
    assert.match(nobody.err, /No recorder answers/);
    const misspelt = await argus(["asof", `${path}X`, "--data-path", "data"], { cwd: folder });
    assert.equal(misspelt.code, 2);
    assert.match(misspelt.err, new RegExp(`Did you mean ${path}\\?`));
  });
});

/** `argus … | head -1`: what only shows things ends when nobody looks any more. */
async function assertEndsWithItsReader(args: readonly string[]): Promise<void> {
  const main = `${ROOT}src/main.ts`;
  const command = "Deno" in globalThis ? [process.execPath, "run", "-A", "--no-check", main] : [process.execPath, main];
  const child = spawn(command[0]!, [...command.slice(1), ...args], { cwd: folder, stdio: ["ignore", "pipe", "ignore"] });
  const ended = new Promise<number | null>((resolve) => child.once("exit", resolve));
  child.stdout.once("data", () => child.stdout.destroy());
  const late = new Promise<string>((resolve) => setTimeout(() => resolve("still running"), 10_000));
  const code = await Promise.race([ended, late]);
  if (code === "still running") process.kill(child.pid!, "SIGKILL");
  assert.equal(code, 0);
}

describe("argus replay", () => {
  it("tells a client what the day files hold, row by row, as fast as it reads; and captures too", async () => {
    const venue = await startVenue(folder, ["--symbols", "4", "--rate", "400", "--seed", "6"]);
    const data = ["--data-path", "replayed"];
    const recorded = await argus(["record", "--source", "binance", "--listen", "off", "--duration", "4s", ...data], {
      cwd: folder,
      env: venue.env,
    });
    assert.equal(recorded.code, 0, recorded.err);
    await venue.stop();
    const told = await replayed([...data, "--paths", "binance/trade/*,binance/bbo/*"]);
    const sql = await duckdb();
    let rows = 0;
    for (const [type, id] of [["trade", "trade_id"], ["bbo", "update_id"]] as const) {
      const files = quoted(`${folder}/replayed/binance/${type}/*/*/*.pq`);
      for (const { symbol } of await sql(`SELECT DISTINCT symbol FROM read_parquet(${files})`)) {
        const stored = await sql(
          `SELECT ${id} AS id FROM read_parquet(${files}, file_row_number = true) WHERE symbol = ${
            quoted(String(symbol))
          } ORDER BY file_row_number`,
        );
        const events = told.filter(({ event }) => event?.symbol === symbol && event[id] !== undefined && id in event);
        assert.deepEqual(events.map(({ event }) => event[id]), stored.map((row) => Number(row.id)), `${type} ${symbol}`);
        rows += stored.length;
      }
    }
    assert.ok(rows > 500, `${rows} rows`);
    assert.deepEqual(discontinuities(told), []);
    assert.ok(told.every(({ lagged }) => lagged === undefined), "a source that can wait loses nothing");
    const one = told.find(({ event }) => event !== undefined)!;
    fs.writeFileSync(
      `${folder}/capture`,
      [1, 2, 3].map((n) =>
        `17950000000000000${n}0 {"stream":"btcusdt@trade","data":{"e":"trade","E":1795000000000,"s":"BTCUSDT","t":${n},"p":"7.5","q":"2","T":1795000000000,"m":true,"M":true}}\n`
      ).join(""),
    );
    const captured = await replayed(["capture", "--paths", "binance/trade/*"]);
    assert.deepEqual(captured.map(({ event }) => [event.trade_id, event.price, event.side]), [[1, 7.5, "sell"], [2, 7.5, "sell"], [
      3,
      7.5,
      "sell",
    ]]);
    const slow = await argus(["replay", ...data, "--paths", one.path!, "--speed", "1000", "--listen", "off", "--json"], { cwd: folder });
    assert.equal(slow.code, 0, slow.err);
    assert.ok(JSON.parse(slow.out).events > 0);
  });
});

/** Everything a replay at full speed tells its one client. */
async function replayed(args: readonly string[]): Promise<Message[]> {
  const port = await freePort();
  const playing = startArgus(["replay", ...args, "--speed", "max", "--clients", "1", "--listen", `127.0.0.1:${port}`, "--json"], {
    cwd: folder,
  });
  const url = `http://127.0.0.1:${port}`;
  const untilMs = performance.now() + 20_000;
  while (!(await fetch(`${url}/healthz`).then((answer) => answer.ok, () => false))) {
    assert.ok(performance.now() < untilMs, "it does not listen");
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  const client = new StreamClient(`${url}/v1/stream?path=binance/trade/*&path=binance/bbo/*`);
  const { code, err } = await playing.ended;
  assert.equal(code, 0, err);
  await client.closed;
  return client.messages.filter(({ event }) => event !== undefined);
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}

/** From each path's first message on, the client was told what surely arrived, and nothing that was not sent. */
function assertTold(messages: readonly Message[], ledger: string): void {
  let compared = 0;
  for (const [path, owed] of readLedger(fs.readFileSync(ledger, "utf8")).owed()) {
    const told = messages.filter((each) => each.path === path && each.event !== undefined).map(({ event }) => event);
    if (told.length === 0) continue;
    const idOf = (event: { trade_id?: number; update_id?: number }) => event.trade_id ?? event.update_id!;
    const ids = new Set(told.map(idOf));
    const sent = owed.filter(({ must, seq }) => must && seq[0] >= idOf(told[0]!));
    assert.deepEqual(sent.filter(({ seq }) => !ids.has(seq[0])).map(({ seq }) => seq), [], `${path}: sent and not told`);
    const known = new Set(owed.map(({ seq }) => seq[0]));
    assert.deepEqual(told.map(idOf).filter((id) => !known.has(id)), [], `${path}: told and never sent`);
    compared += told.length;
  }
  assert.ok(compared > 500, `${compared} events compared`);
}
