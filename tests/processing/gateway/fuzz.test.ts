import assert from "node:assert/strict";
import { it } from "node:test";
import fc from "fast-check";
import { canonicalPath } from "../../../src/processing/gateway/paths.ts";
import { ask, GatewayScene, tradeOf } from "./gateway_scene.ts";
import { raw, StreamClient } from "./stream_client.ts";

const SEED = 20261124;

it("thousands of broken requests crash nothing, show no stack and leave the gateway answering", async () => {
  const scene = await GatewayScene.open();
  scene.trades("AAA").publish([tradeOf("AAA", 1)]);
  const host = `Host: 127.0.0.1:${scene.port}`;
  const whole = [
    `GET /v1/last/binance/trade/AAA HTTP/1.1\r\n${host}\r\nConnection: close\r\n\r\n`,
    `GET /v1/paths?prefix=binance&tree=1 HTTP/1.1\r\n${host}\r\nConnection: close\r\n\r\n`,
    `POST /v1/admin/bump HTTP/1.1\r\n${host}\r\nContent-Type: application/json\r\nContent-Length: 12\r\nConnection: close\r\n\r\n{"path":"x"}`,
    `GET /v1/stream HTTP/1.1\r\n${host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n\u0081\u0082\u0000\u0000\u0000\u0000{}`,
  ].map((text) => Buffer.from(text, "latin1"));
  const flip = fc.record({ at: fc.nat(2_000), byte: fc.nat(255), how: fc.constantFrom("set", "cut", "insert", "double") });
  const requests = fc.record({ which: fc.nat(whole.length - 1), flips: fc.array(flip, { minLength: 1, maxLength: 6 }) });
  const samples = fc.sample(requests, { seed: SEED, numRuns: 2_000 });
  for (let from = 0; from < samples.length; from += 50) {
    const answers = await Promise.all(
      samples.slice(from, from + 50).map(({ which, flips }) => {
        let bytes = whole[which]!;
        for (const { at, byte, how } of flips) {
          const place = at % bytes.length;
          const middle = how === "set"
            ? Buffer.from([byte])
            : how === "insert"
            ? Buffer.from([byte, bytes[place]!])
            : how === "double"
            ? Buffer.concat([bytes.subarray(place, place + 40), bytes.subarray(place, place + 1)])
            : Buffer.alloc(0);
          bytes = Buffer.concat([bytes.subarray(0, place), middle, bytes.subarray(place + 1)]);
        }
        return raw(scene.port, bytes, 60);
      }),
    );
    for (const answer of answers) {
      assert.ok(answer === "" || answer.startsWith("HTTP/1.1 "), JSON.stringify(answer.slice(0, 100)));
      assert.doesNotMatch(answer, /HTTP\/1\.1 500|\.ts:\d+|node:|Error:/);
    }
  }
  assert.equal((await ask(`${scene.url}/v1/last/binance/trade/AAA`)).json.event.trade_id, 1);
});

it("thousands of broken messages crash nothing, and everyone else still gets every event", async () => {
  const scene = await GatewayScene.open();
  const publisher = scene.trades("AAA");
  publisher.publish([tradeOf("AAA", 1)]);
  const good = await StreamClient.open(scene.url, ["binance/trade/AAA"]);
  const messages = fc.oneof(
    fc.json(),
    fc.string({ unit: "binary", maxLength: 200 }),
    fc.record({ op: fc.oneof(fc.string(), fc.constantFrom("subscribe", "unsubscribe")), paths: fc.anything() }).map((value) =>
      JSON.stringify(value) ?? ""
    ),
    fc.array(fc.stringMatching(/^[*~a-z%/.]{0,40}$/), { maxLength: 8 }).map((paths) => JSON.stringify({ op: "subscribe", paths })),
  );
  const samples = fc.sample(messages, { seed: SEED, numRuns: 2_000 });
  for (let from = 0; from < samples.length; from += 20) {
    const client = await StreamClient.open(scene.url);
    for (const text of samples.slice(from, from + 20)) if (client.socket.readyState === WebSocket.OPEN) client.socket.send(text);
    publisher.publish([tradeOf("AAA", 2 + from)]);
    client.socket.close();
    await client.closed;
    for (const { error } of client.messages) assert.doesNotMatch(JSON.stringify(error ?? ""), /\.ts:\d+|at \w+ \(/);
  }
  assert.equal((await ask(`${scene.url}/v1/last/binance/trade/AAA`)).json.seq, 1 + samples.length / 20);
  const untilMs = performance.now() + 5_000;
  while (good.messages.length < 1 + samples.length / 20 && performance.now() < untilMs) {
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  assert.deepEqual(good.messages.map(({ seq }) => seq), Array.from({ length: 1 + samples.length / 20 }, (_, i) => i + 1));
  await good.close();
});

it("a path from a stranger never leads out of its folder, and two names never share one", () => {
  const wild = fc.oneof(fc.string({ unit: "binary", maxLength: 60 }), fc.stringMatching(/^[.%2fFeE/\\a-z]{0,30}$/));
  const seen = new Map<string, string>();
  fc.assert(
    fc.property(wild, fc.constantFrom("", "binance/bbo/", "../", "binance/"), (text, head) => {
      const path = canonicalPath(head + text);
      if (path === undefined) return;
      const parts = path.split("/");
      assert.equal(parts.length, 3);
      for (const part of parts) assert.match(part, /^(?!\.)[A-Za-z0-9_.%-]{1,200}$/);
      assert.equal(canonicalPath(path), path, "what it returns is spelt as it is");
      seen.set(path, text);
    }),
    { seed: SEED, numRuns: 5_000 },
  );
  assert.ok(seen.size > 100);
});
