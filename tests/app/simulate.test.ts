import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as net from "node:net";
import process from "node:process";
import { describe, it } from "node:test";
import { simulate, type SimulateOptions } from "../../src/app/simulate.ts";
import { StorageError } from "../../src/lib/errors.ts";
import type { LedgerLine } from "../../src/sim/venue/ledger.ts";
import { readLedger } from "../../src/sim/venue/ledger_book.ts";
import { OPCODE } from "../../src/lib/websocket_frames.ts";
import { eventually, RawClient, runtime } from "../sim/venue/support.ts";
import { argus, startArgus } from "../support/argus_process.ts";
import { tempFolder } from "../support/temp_folder.ts";

const folder = tempFolder("simulate");
const how = { cwd: folder };
const WS_PATH = "/stream?timeUnit=MICROSECOND";

interface Ready {
  readonly ws_url: string;
  readonly http_url: string;
  readonly ledger: string;
}

/** A client that subscribes and answers a close frame, as every real one does. */
async function subscribed(url: string, streams: readonly string[]): Promise<RawClient> {
  const client = new RawClient(url, WS_PATH);
  await client.head;
  client.send(OPCODE.text, JSON.stringify({ method: "SUBSCRIBE", params: streams, id: 1 }));
  await eventually(() => client.texts().includes('{"result":null,"id":1}'));
  client.socket.on("data", () => {
    if (client.closeCode() !== undefined) client.send(OPCODE.close, new Uint8Array(0));
  });
  return client;
}

function dataOf(client: RawClient): string[] {
  return client.texts().filter((text) => text.startsWith('{"stream"'));
}

function ledgerLines(path: string): LedgerLine[] {
  return fs.readFileSync(path, "utf8").trimEnd().split("\n").map((line) => JSON.parse(line));
}

const BTC = ["btcusdt@trade", "btcusdt@bookTicker", "btcusdt@depth@100ms"];

describe("argus simulate", () => {
  it("says where it listens, sends, ends when its time is up, and its ledger is what its client got", async () => {
    const ledger = `${folder}/duration.ndjson`;
    const venue = startArgus(["simulate", "--json", "--port", "0", "--duration", "2s", "--rate", "2000", "--ledger", ledger], how);
    const ready = JSON.parse(await venue.firstLine) as Ready;
    assert.match(ready.ws_url, /^ws:\/\/127\.0\.0\.1:\d+$/);
    assert.deepEqual(ready, { ws_url: ready.ws_url, http_url: ready.ws_url.replace("ws:", "http:"), ledger });
    const client = await subscribed(ready.ws_url, BTC);
    const { code, out, err } = await venue.ended;
    assert.deepEqual([code, err], [0, ""]);
    const summary = JSON.parse(out.trimEnd().split("\n").at(-1)!);
    const frames = dataOf(client);
    assert(frames.length > 100);
    assert.deepEqual(summary, { connections: 1, events: frames.length, frames: frames.length, refused: 0, requests: 0, faults: {} });
    assert.equal(client.closeCode(), 1_001);
    const lines = ledgerLines(ledger);
    assert("run" in lines[0]! && lines[0].run["seed"] === 7);
    assert.deepEqual(lines.at(-1), { market: "stopped", at: (lines.at(-1) as { at: number }).at });
    const owed = [...readLedger(fs.readFileSync(ledger, "utf8")).owed().values()].flat();
    assert(owed.length === frames.length && owed.every(({ must }) => must));
  });

  it("SIGTERM ends it with 0; for people it prints addresses, and how to record it beside them", async () => {
    const venue = startArgus(["simulate", "--symbols", "BTCUSDT,ethusdt"], how);
    const wsUrl = await venue.firstLine;
    const client = await subscribed(wsUrl, [...BTC, "ethusdt@trade"]);
    await eventually(() => ["btcusdt@trade", "ethusdt@trade"].every((each) => client.texts().some((text) => text.includes(each))));
    process.kill(venue.pid, "SIGTERM");
    const { code, out, err } = await venue.ended;
    assert.equal(code, 0);
    const [first, second, last] = out.trimEnd().split("\n");
    assert.deepEqual([first, second], [wsUrl, wsUrl.replace("ws:", "http:")]);
    assert.match(last!, /^connections 1 · events [\d,]+ · frames [\d,]+ · refused 0 · requests 0$/);
    assert(err.includes(`ARGUS_SOURCES__BINANCE__WS_URL=${wsUrl} `) && err.includes("argus --source binance"), err);
  });

  it("refuses what it cannot do with 2, one clear line, and nothing on standard output", async () => {
    const taken = net.createServer();
    await new Promise<void>((resolve) => taken.listen(0, "127.0.0.1", resolve));
    const { port } = taken.address() as net.AddressInfo;
    fs.writeFileSync(`${folder}/futures`, `1723161255088176367 {"stream":"btcusdt@depth@0ms","data":{"e":"depthUpdate"}}\n`);
    fs.writeFileSync(`${folder}/info.json`, "{}");
    fs.writeFileSync(`${folder}/old.ndjson`, "a ledger of an earlier run\n");
    const cases: [args: string[], says: RegExp][] = [
      [["--source", "binnance"], /unknown source "binnance"\. Did you mean binance\?/],
      [["--source", "binance_usdm"], /source binance_usdm is not supported/],
      [["--symbols", "0"], /--symbols: found "0", expected an integer from 1 to /],
      [["--symbols", "BTC*"], /--symbols: found "BTC\*", expected a number or names/],
      [["--symbols", ","], /--symbols: found ","/],
      [["--rate", "-1"], /--rate: found "-1"/],
      [["--seed", "x"], /--seed: found "x"/],
      [["--speed", "0"], /--speed: found "0"/],
      [["--faults", "wild"], /--faults: found "wild", expected none, calm, rough/],
      [["--max-age", "soon"], /--max-age: found "soon", expected a duration such as/],
      [["--duration", "0s"], /--duration: found "0s"/],
      [["--capture", "absent.gz"], /absent\.gz does not exist/],
      [["--capture", "futures"], /futures is no recording of binance: btcusdt@depth@0ms is recorded as Binance futures send it/],
      [["--exchange-info", "info.json"], /info\.json is no answer of exchangeInfo/],
      [["--port", String(port), "--ledger", "old.ndjson"], /cannot listen on 127\.0\.0\.1:\d+: something else listens there already/],
    ];
    await Promise.all(cases.map(async ([args, says]) => {
      const { code, out, err } = await argus(["simulate", ...args], how);
      assert.equal(code, 2, `${args.join(" ")}: ${err}`);
      assert.match(err, says);
      assert.deepEqual([out, err.trimEnd().split("\n").length], ["", 1], err);
    }));
    assert.equal(fs.readFileSync(`${folder}/old.ndjson`, "utf8"), "a ledger of an earlier run\n");
    taken.close();
  });

  it("a ledger that cannot be begun ends it with 3 before it says that it listens", async () => {
    fs.writeFileSync(`${folder}/file`, "");
    const { code, out, err } = await argus(["simulate", "--ledger", "file/ledger.ndjson"], how);
    assert.equal(code, 3, err);
    assert.equal(out, "");
    assert.match(err, /Cannot create folder .*file/);
  });

  it("a recording is played once, and when its clients have it the venue ends by itself", async () => {
    const lines = Array.from(
      { length: 5_000 },
      (_, i) =>
        `17231616000${String(i).padStart(8, "0")} {"stream":"btcusdt@bookTicker","data":{"u":${
          i + 1
        },"s":"BTCUSDT","b":"1","B":"1","a":"2","A":"1"}}`,
    );
    fs.writeFileSync(`${folder}/quotes`, lines.join("\n"));
    const ledger = `${folder}/capture.ndjson`;
    const venue = startArgus(["simulate", "--json", "--capture", "quotes", "--speed", "max", "--ledger", ledger], how);
    const { ws_url } = JSON.parse(await venue.firstLine) as Ready;
    const client = await subscribed(ws_url, BTC);
    client.socket.on("data", () => {
      for (const ping of client.frames.filter(({ opcode }) => opcode === OPCODE.ping)) client.send(OPCODE.pong, ping.payload);
    });
    const { code, err } = await venue.ended;
    assert.equal(code, 0, err);
    assert.deepEqual(dataOf(client), lines.map((line) => line.slice(line.indexOf(" ") + 1)));
    assert(ledgerLines(ledger).some((line) => "acked" in line && line.acked === 5_000), "nobody answered for the last frame");
  });

  it(
    "rough faults befall real clients, each with its line in the ledger, and no socket loses a frame in its middle but on purpose",
    { timeout: 60_000 },
    async () => {
      const ledger = `${folder}/rough.ndjson`;
      const args = [
        "simulate",
        "--json",
        "--faults",
        "rough",
        "--max-age",
        "700ms",
        "--symbols",
        "5",
        "--rate",
        "2000",
        "--duration",
        "3s",
      ];
      const venue = startArgus([...args, "--ledger", ledger], how);
      const { ws_url, http_url } = JSON.parse(await venue.firstLine) as Ready;
      const clients: RawClient[] = [];
      let isOver = false;
      const one = async () => {
        while (!isOver) {
          const client = new RawClient(ws_url, `/stream?streams=${BTC.join("/")}`);
          clients.push(client);
          await Promise.race([client.ended, new Promise((resolve) => setTimeout(resolve, 900))]); // nobody waits for a mute one for ever
          client.socket.destroy();
          if (client.frames.length === 0) await new Promise((resolve) => setTimeout(resolve, 50));
        }
      };
      const rest = async () => {
        while (!isOver) {
          await runtime.http.request({ url: `${http_url}/api/v3/ping`, timeoutMs: 400, bodyBytesMax: 1_000 }).catch(() => {});
          await new Promise((resolve) => setTimeout(resolve, 20));
        }
      };
      const work = Promise.all([one(), one(), rest()]);
      const { code, out, err } = await venue.ended;
      isOver = true;
      await work;
      assert.equal(code, 0, err);
      const { faults } = JSON.parse(out.trimEnd().split("\n").at(-1)!);
      const told = ledgerLines(ledger).flatMap((line) => "market" in line && line.market === "fault" ? [line.detail!.split(":")[0]!] : []);
      for (const [kind, count] of Object.entries(faults)) assert.equal(told.filter((each) => each === kind).length, count, kind);
      for (const kind of ["refused", "reset", "closed", "rest_failed"]) assert(faults[kind] > 0, `${kind}: ${JSON.stringify(faults)}`);
      let holes = 0;
      for (const client of clients) {
        const whole = dataOf(client).filter((text) => text.endsWith("}}")); // others are damaged
        const ids = [...new Set(whole.flatMap((text) => text.includes("@trade") ? [JSON.parse(text).data.t as number] : []))];
        ids.forEach((id, i) => id === (ids[i - 1] ?? id - 1) + 1 || holes++);
      }
      assert(holes <= (faults["frame lost"] ?? 0), `${holes} holes: ${JSON.stringify(faults)}`);
      assert(clients.filter((client) => client.frames.length > 10).length > 5);
    },
  );
});

describe("simulate", () => {
  const options = (over: Partial<SimulateOptions>): SimulateOptions => ({
    source: "binance",
    port: 0,
    symbols: 2,
    rate: 500,
    seed: 7,
    faults: "none",
    capture: [],
    speed: 1,
    signal: new AbortController().signal,
    ...over,
  });
  const watch = { ready: () => {}, progress: () => {}, fault: () => {} };

  it("ends with the storage's error when its ledger cannot be written any more", async () => {
    const path = `${folder}/full.ndjson`;
    const disk = {
      ...runtime.disk,
      open: (file: string, mode: "read" | "create" | "update") => {
        const real = runtime.disk.open(file, mode);
        let appends = 0;
        return new Proxy(real, {
          get: (target, name) => {
            if (name === "append" && ++appends > 1) throw new StorageError({ op: "write", path: file, code: "ENOSPC" });
            const value = Reflect.get(target, name);
            return typeof value === "function" ? value.bind(target) : value;
          },
        });
      },
    };
    let wsUrl = "";
    const run = simulate({ ...runtime, disk }, options({ ledger: path }), { ...watch, ready: (ready) => wsUrl = ready.wsUrl });
    await eventually(() => wsUrl !== "");
    const client = await subscribed(wsUrl, BTC);
    await assert.rejects(run, (error: Error) => error instanceof StorageError && error.code === "ENOSPC");
    await client.ended;
  });

  it("tells its progress, and how far behind it is when asked for more than it can send", { timeout: 110_000 }, async () => {
    const stop = new AbortController();
    const told: { readonly behindMs?: number; readonly events: number }[] = [];
    let wsUrl = "";
    const run = simulate(runtime, options({ rate: 5_000_000, symbols: 1_000, signal: stop.signal }), {
      ...watch,
      ready: (ready) => wsUrl = ready.wsUrl,
      progress: (progress) => told.push(progress),
    });
    await eventually(() => wsUrl !== "");
    // A quiet symbol of the crowded venue: client and venue share one thread here, and a client that cannot keep up is cut off.
    const client = await subscribed(wsUrl, ["coin0999usdt@trade"]);
    await eventually(() => told.some(({ behindMs }) => behindMs !== undefined), 40_000);
    client.send(OPCODE.ping, "still there?");
    await eventually(() => client.frames.some(({ opcode }) => opcode === OPCODE.pong), 60_000);
    stop.abort();
    const { events } = await run;
    assert(events > told.at(-1)!.events - 1);
    client.socket.destroy();
  });
});
