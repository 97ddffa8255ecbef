import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { ask, GatewayScene, quote, tradeOf } from "./gateway_scene.ts";

describe("the gateway's routes", () => {
  it("gives the newest event by column names, 204 before the first, 404 with the nearest paths", async () => {
    const scene = await GatewayScene.open();
    const publisher = scene.quotes("BTCUSDT");
    assert.equal((await ask(`${scene.url}/v1/last/binance/bbo/BTCUSDT`)).status, 204);
    publisher.publish([quote("BTCUSDT", 1), quote("BTCUSDT", 2)]);
    const { status, json } = await ask(`${scene.url}/v1/last/binance/bbo/BTCUSDT`);
    assert.equal(status, 200);
    assert.deepEqual(json, {
      path: "binance/bbo/BTCUSDT",
      seq: 2,
      event: {
        recv_time: "2026-11-18T11:06:40.000002Z",
        event_time: null,
        source: "binance",
        symbol: "BTCUSDT",
        update_id: 2,
        bid_price: 2,
        bid_size: 1,
        ask_price: 2.5,
        ask_size: null,
        origin: "live",
      },
    });
    assert.equal((await ask(`${scene.url}/v1/last/binance/bbo/btcusdt`)).status, 200, "letters do not matter");
    const unknown = await ask(`${scene.url}/v1/last/binance/bbo/BTCUSD`);
    assert.equal(unknown.status, 404);
    assert.equal(unknown.json.error.code, "unknown_path");
    assert.match(unknown.json.error.hint, /binance\/bbo\/BTCUSDT/);
  });

  it("knows an encoded symbol however often a URL builder encoded it", async () => {
    const scene = await GatewayScene.open();
    scene.trades("PURR%2FUSDC").publish([tradeOf("PURR/USDC", 1)]);
    for (const spelling of ["PURR%2FUSDC", "PURR%252FUSDC", "purr%2fusdc"]) {
      const { json } = await ask(`${scene.url}/v1/last/binance/trade/${spelling}`);
      assert.equal(json.event.symbol, "PURR/USDC", spelling);
    }
  });

  it("lists paths by prefix, and as a tree", async () => {
    const scene = await GatewayScene.open();
    scene.quotes("BTCUSDT").publish([quote("BTCUSDT", 1)]);
    scene.quotes("ETHUSDT");
    const gone = scene.trades("BTCUSDT");
    gone.publish([tradeOf("BTCUSDT", 1)]);
    const { json } = await ask(`${scene.url}/v1/paths?prefix=binance/bbo`);
    assert.deepEqual(json.paths.map(({ path, type, events }: { path: string; type: string; events: number }) => [path, type, events]), [
      ["binance/bbo/BTCUSDT", "bbo", 1],
      ["binance/bbo/ETHUSDT", "bbo", 0],
    ]);
    const tree = (await ask(`${scene.url}/v1/paths?tree=1`)).json.tree;
    assert.deepEqual(Object.keys(tree.binance), ["bbo", "trade"]);
    assert.equal(tree.binance.trade.BTCUSDT.lag_ms, 0.001);
    gone.close();
    assert.equal((await ask(`${scene.url}/v1/paths`)).json.paths.length, 2, "a delisted path is gone");
  });

  it("is ready when every stream is delivered, and names those that are not", async () => {
    const scene = await GatewayScene.open();
    const source = { id: "binance", symbols: 1, streams: 2, sockets: 1, scansDeclined: 0, workers: [] };
    scene.sources = [{ ...source, undelivered: [] }];
    assert.equal((await ask(`${scene.url}/readyz`)).status, 200);
    scene.sources = [{ ...source, undelivered: ["binance/bbo/BTCUSDT"] }];
    const { status, json } = await ask(`${scene.url}/readyz`);
    assert.equal(status, 503);
    assert.match(json.error.message, /binance\/bbo\/BTCUSDT/);
    assert.equal((await ask(`${scene.url}/healthz`)).status, 200);
  });

  it("counts in Prometheus text what was published, a delisted path's events too", async () => {
    const scene = await GatewayScene.open();
    const publisher = scene.trades("BTCUSDT");
    publisher.publish([tradeOf("BTCUSDT", 1), tradeOf("BTCUSDT", 2)]);
    publisher.close();
    scene.trades("BTCUSDT").publish([tradeOf("BTCUSDT", 3)]);
    const { text } = await ask(`${scene.url}/metrics`);
    assert.match(text, /# TYPE argus_events_total counter\nargus_events_total\{source="binance",type="trade"\} 3\n/);
    assert.match(text, /argus_rows_buffered\{type="bbo"\} 3\n/);
    assert.doesNotMatch(text, /BTCUSDT/);
    assert.match((await ask(`${scene.url}/metrics?symbols=BTC*`)).text, /argus_path_events_total\{path="binance\/trade\/BTCUSDT"\} 1\n/);
  });

  it("stays quick with ten thousand symbols, and keeps them out of the labels", async () => {
    const scene = await GatewayScene.open();
    for (let i = 0; i < 10_000; i++) scene.quotes(`S${i}USDT`).publish([quote(`S${i}USDT`, i)]);
    const beganMs = performance.now();
    const { text } = await ask(`${scene.url}/metrics`);
    const elapsedMs = performance.now() - beganMs;
    assert.ok(text.length < 1_000_000 && elapsedMs < 1_000, `${text.length} bytes in ${elapsedMs} ms`);
    assert.equal((await ask(`${scene.url}/metrics?symbols=*`)).status, 400);
  });

  it("passes the verbs of FlushHandler on, with JSON only and never by GET", async () => {
    const scene = await GatewayScene.open();
    const post = (path: string, body: string, type = "application/json") =>
      ask(`${scene.url}/v1/admin/${path}`, { method: "POST", body, headers: { "content-type": type } });
    assert.deepEqual((await post("flush", "{}")).json, { done: true, rows_merged: 7 });
    assert.equal((await post("bump", '{"path":"binance/bbo/BTCUSDT","hash":"a1"}')).status, 200);
    assert.equal((await post("bump_all", '{"hash":"a2"}')).status, 200);
    const done = ["flush", "bump binance/bbo/BTCUSDT a1", "bump_all a2"];
    assert.deepEqual(scene.asked, done);
    assert.equal((await post("flush", "{}", "text/plain")).status, 415);
    assert.equal((await post("flush", "[]")).status, 400);
    assert.equal((await post("bump_all", '{"hash":"../x"}')).status, 400);
    assert.equal((await post("bump", '{"path":"binance/nothing/BTCUSDT","hash":"a"}')).status, 400);
    const get = await ask(`${scene.url}/v1/admin/flush`);
    assert.deepEqual([get.status, get.headers.get("allow")], [405, "POST"]);
    assert.deepEqual(scene.asked, done);
  });

  it("describes every route it has", async () => {
    const scene = await GatewayScene.open();
    const { json } = await ask(`${scene.url}/v1/openapi.json`);
    assert.equal(json.openapi, "3.1.0");
    for (const path of ["/v1/paths", "/v1/last/{path}", "/v1/stream", "/healthz", "/metrics", "/v1/admin/flush"]) {
      assert.ok(path in json.paths, path);
    }
    const { status, json: error } = await ask(`${scene.url}/v1/path`);
    assert.equal(status, 404);
    assert.match(error.error.hint, /\/v1\/paths/);
  });

  it("serves a dashboard that asks nobody else for anything", async () => {
    const scene = await GatewayScene.open({ token: "s3cret" });
    const page = await ask(`${scene.url}/`);
    assert.equal(page.status, 200);
    assert.match(page.headers.get("content-type")!, /^text\/html/);
    const files = [...page.text.matchAll(/(?:src|href)="(\/page\/[^"]+)"/g)].map(([, file]) => file!);
    assert.ok(files.length >= 4, files.join());
    for (let file = files.pop(); file !== undefined; file = files.pop()) {
      const { status, text, headers } = await ask(`${scene.url}${file}`);
      assert.equal(status, 200, file);
      assert.match(headers.get("content-security-policy")!, /default-src 'none'; script-src 'self'/);
      files.push(...[...text.matchAll(/from "\.\/([^"]+)"/g)].map(([, name]) => `/page/${name}`));
      assert.doesNotMatch(text.replace(/uPlot[\s\S]{0,80}github/, ""), /(?:src|href|url|import)\s*[=(]?\s*["'(]https?:/);
    }
    assert.doesNotMatch(page.text, /https?:|<script>|style=/);
  });

  it("a port that is taken is an error, and HEAD has no body", async () => {
    const scene = await GatewayScene.open();
    await assert.rejects(new GatewayScene({ port: scene.port }).gateway.listen(), { code: "EADDRINUSE" });
    const head = await ask(`${scene.url}/healthz`, { method: "HEAD" });
    assert.deepEqual([head.status, head.text], [200, ""]);
  });
});
