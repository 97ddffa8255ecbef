import assert from "node:assert/strict";
import process from "node:process";
import { describe, it } from "node:test";
import { Doorkeeper } from "../../../src/processing/gateway/doorkeeper.ts";
import { ask, GatewayScene, runtime, tradeOf } from "./gateway_scene.ts";
import { eventually, raw, StreamClient } from "./stream_client.ts";

const TOKEN = "correct-horse battery/staple=";

/** As a program that may say anything would send it. */
function get(port: number, path: string, headers: readonly string[], method = "GET"): Promise<string> {
  return raw(port, `${method} ${path} HTTP/1.1\r\n${headers.map((line) => `${line}\r\n`).join("")}Connection: close\r\n\r\n`);
}

/** Of our own work between two turns of the event loop: what another program takes is not ours. */
function longestTurnMs(): () => Promise<number> {
  let [longest, isOver, cpu] = [0, false, process.cpuUsage()];
  const turn = () => {
    const { user, system } = process.cpuUsage(cpu);
    cpu = process.cpuUsage();
    longest = Math.max(longest, (user + system) / 1_000);
    if (!isOver) setImmediate(turn);
  };
  setImmediate(turn);
  return async () => {
    await new Promise((resolve) => setTimeout(resolve, 20));
    isOver = true;
    return longest;
  };
}

const statusOf = (answer: string) => Number(answer.split(" ")[1] ?? 0);

describe("the gateway's door", () => {
  it("takes its own names as Host and its own pages as Origin, by equality and nothing else", async () => {
    const scene = await GatewayScene.open();
    const { port } = scene;
    const table: [host: string, origin: string | undefined, status: number][] = [
      [`127.0.0.1:${port}`, undefined, 200],
      [`localhost:${port}`, undefined, 200],
      [`LOCALHOST:${port}`, undefined, 200],
      [`[::1]:${port}`, undefined, 200],
      [`127.0.0.1:${port}`, `http://127.0.0.1:${port}`, 200],
      [`localhost:${port}`, `http://localhost:${port}`, 200],
      [`localhost:${port}`, `http://127.0.0.1:${port}`, 200],
      [`[::1]:${port}`, `http://[::1]:${port}`, 200],
      ["127.0.0.1", undefined, 403],
      ["localhost", undefined, 403],
      [`127.0.0.1:${port + 1}`, undefined, 403],
      [`127.0.0.1:${port}0`, undefined, 403],
      [`127.0.0.1.:${port}`, undefined, 403],
      [`127.0.0.1.evil.example:${port}`, undefined, 403],
      [`evil-localhost:${port}`, undefined, 403],
      [`localhost.evil.example:${port}`, undefined, 403],
      [`evil.example:${port}`, undefined, 403],
      ["evil.example", undefined, 403],
      [`127.1:${port}`, undefined, 403],
      [`2130706433:${port}`, undefined, 403],
      [`0.0.0.0:${port}`, undefined, 403],
      [`192.168.1.7:${port}`, undefined, 403],
      [`[::ffff:127.0.0.1]:${port}`, undefined, 403],
      [`ｌocalhost:${port}`, undefined, 403],
      [`xn--localhost-:${port}`, undefined, 403],
      [`localhost:${port},evil.example`, undefined, 403],
      [`user@localhost:${port}`, undefined, 403],
      [`127.0.0.1:${port}`, "null", 403],
      [`127.0.0.1:${port}`, "", 403],
      [`127.0.0.1:${port}`, "*", 403],
      [`127.0.0.1:${port}`, "http://127.0.0.1", 403],
      [`127.0.0.1:${port}`, `http://127.0.0.1:${port + 1}`, 403],
      [`127.0.0.1:${port}`, `https://127.0.0.1:${port}`, 403],
      [`127.0.0.1:${port}`, `http://127.0.0.1:${port}.evil.example`, 403],
      [`127.0.0.1:${port}`, `http://127.0.0.1:${port}/`, 403],
      [`127.0.0.1:${port}`, `http://evil-localhost:${port}`, 403],
      [`127.0.0.1:${port}`, `http://localhost.evil.example:${port}`, 403],
      [`127.0.0.1:${port}`, "http://evil.example", 403],
      [`127.0.0.1:${port}`, `http://evil.example/?http://127.0.0.1:${port}`, 403],
      [`127.0.0.1:${port}`, `file://127.0.0.1:${port}`, 403],
      [`127.0.0.1:${port}`, `chrome-extension://127.0.0.1:${port}`, 403],
      [`127.0.0.1:${port}`, `http://xn--lcalhost-n4a:${port}`, 403],
    ];
    for (const [host, origin, status] of table) {
      const answer = await get(port, "/v1/paths", [`Host: ${host}`, ...(origin === undefined ? [] : [`Origin: ${origin}`])]);
      // A name that is none at all is refused even earlier.
      const allowed = status === 403 ? [400, 403] : [status];
      assert.ok(allowed.includes(statusOf(answer)), `Host ${host}, Origin ${origin}: ${answer.slice(0, 200)}`);
      assert.doesNotMatch(answer, /access-control-allow/i);
    }
  });

  it("a page elsewhere opens no WebSocket and moves no admin", async () => {
    const scene = await GatewayScene.open();
    const { port } = scene;
    const handshake = [
      "Upgrade: websocket",
      "Connection: Upgrade",
      "Sec-WebSocket-Version: 13",
      "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==",
    ];
    const own = `Host: 127.0.0.1:${port}`;
    for (
      const [lines, status] of [
        [[own, ...handshake, "Origin: http://evil.example"], 403],
        [[own, ...handshake, "Origin: null"], 403],
        [[`Host: evil.example:${port}`, ...handshake], 403],
        [[own, ...handshake.slice(0, 3)], 426],
        [[own, ...handshake.slice(0, 2), "Sec-WebSocket-Version: 8", handshake[3]!], 426],
      ] as const
    ) {
      const answer = await raw(port, `GET /v1/stream HTTP/1.1\r\n${lines.join("\r\n")}\r\n\r\n`, 150);
      assert.equal(statusOf(answer), status, lines.join(" · "));
    }
    const post = (lines: readonly string[]) =>
      raw(port, `POST /v1/admin/flush HTTP/1.1\r\n${own}\r\n${lines.join("\r\n")}\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}`);
    assert.equal(statusOf(await post(["Content-Type: application/json", "Origin: http://evil.example"])), 403);
    assert.equal(statusOf(await post(["Content-Type: text/plain"])), 415);
    assert.equal(statusOf(await post(["Content-Type: application/x-www-form-urlencoded"])), 415);
    assert.equal(statusOf(await post(["X-Nothing: x"])), 415);
    for (const method of ["GET", "HEAD", "PUT", "DELETE", "OPTIONS"]) {
      assert.equal(statusOf(await get(port, "/v1/admin/flush", [own], method)), 405);
    }
    assert.deepEqual(scene.asked, []);
    assert.equal(statusOf(await post(["Content-Type: application/json", `Origin: http://127.0.0.1:${port}`])), 200);
  });

  it("asks for the token where one is set: by header or subprotocol, never by URL, and never says it", async () => {
    const scene = await GatewayScene.open({ token: TOKEN });
    const bearer = (token: string) => ({ headers: { authorization: `Bearer ${token}` } });
    const encoded = btoa(TOKEN).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
    assert.equal((await ask(`${scene.url}/healthz`)).status, 200, "a probe needs no token");
    for (const path of ["/v1/paths", "/v1/last/a/b/C", "/metrics", "/readyz", "/v1/status", "/v1/stream?path=*/*/*"]) {
      assert.equal((await ask(`${scene.url}${path}`, { headers: { "x-forwarded-for": path } })).status, 401, path);
    }
    const client = new StreamClient(`${scene.url}/v1/stream`, ["argus.v1", `argus.token.${encoded}`]);
    await client.opened;
    assert.equal(client.socket.protocol, "argus.v1", "the token is not echoed");
    await client.close();
    const wrong = new StreamClient(`${scene.url}/v1/stream`, ["argus.v1", `argus.token.${encoded}x`]);
    await assert.rejects(wrong.opened);
    assert.equal((await ask(`${scene.url}/v1/paths?token=${encodeURIComponent(TOKEN)}`)).status, 401);
    for (const token of [`${TOKEN}x`, TOKEN.slice(0, -1)]) assert.equal((await ask(`${scene.url}/v1/paths`, bearer(token))).status, 401);
    const tenth = await ask(`${scene.url}/v1/paths`, bearer("guess"));
    assert.ok([401, 429].includes(tenth.status));
    const limited = await ask(`${scene.url}/v1/paths`, bearer("correct-horse"));
    assert.equal(limited.status, 429);
    assert.ok(Number(limited.headers.get("retry-after")) > 0);
    const { text } = await ask(`${scene.url}/healthz`);
    for (const secret of [TOKEN, "correct-horse", encoded]) {
      assert.doesNotMatch([...scene.log, text].join("\n"), new RegExp(secret.slice(0, 12)));
    }
  });

  it("a token with a space in it cannot be a bearer, one without can", async () => {
    const scene = await GatewayScene.open({ token: "s3cret" });
    const { status } = await ask(`${scene.url}/v1/paths`, { headers: { authorization: "Bearer s3cret" } });
    assert.equal(status, 200);
  });

  it("on every address it answers to addresses and to the names it was given, not to names of others", () => {
    const door = new Doorkeeper(runtime, { host: "0.0.0.0", port: 8321, token: "t", names: ["argus.example.org"] });
    const refused = (host: string, origin?: string) => {
      const request = new Request("http://x/", { headers: { host, ...(origin === undefined ? {} : { origin }) } });
      return door.refusal({ request, path: "/", query: new URLSearchParams(), address: "9.9.9.9" }, true)?.status;
    };
    assert.equal(refused("192.168.1.7:8321"), undefined);
    assert.equal(refused("argus.example.org", "https://argus.example.org"), undefined);
    assert.equal(refused("argus.example.org", "https://evil.example"), 403);
    assert.equal(refused("evil.example:8321"), 403);
    assert.equal(refused("192.168.1.7"), 403);
    assert.equal(refused("192.168.1.7:8321", "http://192.168.1.8:8321"), 403);
  });

  it("keeps what is too large, too slow or in disorder out, and a good client unaffected", async () => {
    const scene = await GatewayScene.open();
    const { port } = scene;
    scene.trades("AAA").publish([tradeOf("AAA", 1)]);
    const good = await StreamClient.open(scene.url, ["binance/trade/*"]);
    const own = `Host: 127.0.0.1:${port}`;
    const table: [bytes: string, status: number][] = [
      [`GET /healthz HTTP/1.1\r\n${own}\r\nX: ${"a".repeat(9_000)}\r\n\r\n`, 431],
      [`GET /${"a".repeat(9_000)} HTTP/1.1\r\n${own}\r\n\r\n`, 431],
      [`POST /v1/admin/flush HTTP/1.1\r\n${own}\r\nContent-Length: 65537\r\n\r\n`, 413],
      [`POST /v1/admin/flush HTTP/1.1\r\n${own}\r\nContent-Length: 1e3\r\n\r\n`, 400],
      [`POST /v1/admin/flush HTTP/1.1\r\n${own}\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}`, 400],
      [`POST /v1/admin/flush HTTP/1.1\r\n${own}\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`, 411],
      [`GET /healthz HTTP/1.1\r\n\r\n`, 400],
      [`GET /healthz HTTP/1.1\r\n${own}\r\n${own}\r\n\r\n`, 400],
      [`GET /healthz HTTP/1.1\r\n${own}\r\n folded: x\r\n\r\n`, 400],
      [`GET /healthz HTTP/1.1\r\n${own}\r\nA\u0000B: x\r\n\r\n`, 400],
      [`GET /healthz HTTP/2.0\r\n${own}\r\n\r\n`, 400],
      [`GET http://evil.example/ HTTP/1.1\r\n${own}\r\n\r\n`, 400],
      [`GET  /healthz HTTP/1.1\r\n${own}\r\n\r\n`, 400],
      [`get /healthz HTTP/1.1\r\n${own}\r\n\r\n`, 400],
      [`TRACE /healthz HTTP/1.1\r\n${own}\r\n\r\n`, 400],
      [`\u0016\u0003\u0001\u0002\u0000\u0001\r\n\r\n`, 400],
    ];
    for (const [bytes, status] of table) {
      const answer = await raw(port, bytes);
      assert.equal(statusOf(answer), status, JSON.stringify(bytes.slice(0, 90)));
      assert.match(answer, /\{"error":\{"code":"\w+","message":"[^"]+","hint":/);
    }
    const pipelined = await raw(
      port,
      `GET /healthz HTTP/1.1\r\n${own}\r\n\r\nGET /v1/nothing HTTP/1.1\r\n${own}\r\nConnection: close\r\n\r\n`,
    );
    assert.deepEqual([...pipelined.matchAll(/HTTP\/1\.1 (\d+)/g)].map(([, status]) => status), ["200", "404"]);
    // A frame over the limit, an unmasked one, a compressed one: each ends its own client.
    for (const [first, length] of [[0x81, 65_537], [0x81, -1], [0xc1, 4]] as const) {
      const head = length > 65_535
        ? [first, 0xff, 0, 0, 0, 0, 0, 1, 0, 1, 0, 0, 0, 0]
        : length < 0
        ? [first, 0x02, 0x7b, 0x7d]
        : [first, 0x84, 0, 0, 0, 0, 1, 2, 3, 4];
      const upgrade = `GET /v1/stream HTTP/1.1\r\n${own}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n` +
        "Sec-WebSocket-Extensions: permessage-deflate\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n";
      const answer = await raw(port, Buffer.concat([Buffer.from(upgrade), Buffer.from(head)]), 3_000);
      assert.match(answer, /^HTTP\/1\.1 101 /);
      assert.doesNotMatch(answer, /sec-websocket-extensions/i, "compression is never agreed on");
      assert.ok(
        answer.includes(length > 65_535 ? "\u0003\u00f1" : "\u0003\u00ea"),
        `a close frame says why: ${JSON.stringify(answer.slice(-60))}`,
      );
    }
    assert.ok(await eventually(() => good.messages.length === 1));
    await good.close();
  });

  it("answers nonsense in messages, and closes after ten of them, or when they come in a flood", async () => {
    const scene = await GatewayScene.open();
    const client = await StreamClient.open(scene.url);
    const nonsense = [
      "",
      "x",
      "[]",
      "null",
      '{"op":"sub"}',
      '{"op":"subscribe","paths":[]}',
      '{"__proto__":{"op":"subscribe"}}',
      '{"op":"subscribe","paths":[1]}',
    ];
    for (const text of nonsense) client.socket.send(text);
    client.socket.send(new Uint8Array([1, 2]));
    assert.ok(await eventually(() => client.messages.length === nonsense.length + 1));
    assert.ok(client.messages.every(({ error }) => error !== undefined && !/\bat \w/.test(error.message)));
    client.socket.send("again");
    assert.equal((await client.closed).code, 1008);
    const many = await StreamClient.open(scene.url);
    for (let i = 0; i < 300; i++) many.ask("subscribe", [`binance/bbo/S${i}*`]);
    assert.ok(await eventually(() => many.messages.length === 44));
    assert.ok(many.messages.every(({ error }) => error?.code === "too_many_paths"));
    for (let i = 0; i < 1_200; i++) many.ask("unsubscribe", ["binance/bbo/X"]);
    assert.equal((await many.closed).code, 1008);
    const deep = await StreamClient.open(scene.url, [`${"*/".repeat(20)}x`, "~1/binance/*", "binance/../../etc/*\n"]);
    assert.ok(await eventually(() => deep.messages.length === 3));
    assert.ok(deep.messages.every(({ error }) => error?.code === "bad_path"));
    await deep.close();
  });

  it("answers on the address it was given and on no other of this machine", async () => {
    const scene = await GatewayScene.open();
    const { connect } = await import("node:net");
    const reached = (host: string) =>
      new Promise<boolean>((resolve) => {
        const socket = connect({ host, port: scene.port }, () => resolve(true)).on("error", () => resolve(false));
        socket.on("close", () => resolve(false));
        setTimeout(() => socket.destroy(), 500);
      });
    assert.deepEqual([await reached("127.0.0.1"), await reached("127.0.0.2"), await reached("::1")], [true, false, false]);
  });

  it("a flood of patterns over three thousand paths leaves the event loop its turns", async () => {
    const scene = await GatewayScene.open();
    for (let i = 0; i < 1_000; i++) {
      const symbol = `S${i}COINUSDT`;
      for (const path of [scene.quotes(symbol), scene.trades(symbol), scene.books(symbol)]) assert.equal(path.seq, 0);
    }
    const client = await StreamClient.open(scene.url);
    const good = await StreamClient.open(scene.url, ["binance/trade/S7COINUSDT"]);
    const turns = longestTurnMs();
    for (let i = 0; i < 3; i++) {
      client.ask(
        "subscribe",
        Array.from({ length: 80 }, (_, k) => `*/*/*S*C*O*I*N*U*S*D*T${"*".repeat(1 + k + 80 * i)}`),
      );
    }
    client.ask("subscribe", Array.from({ length: 200 }, (_, k) => `binance/trade/S${k}COINUSTD`));
    client.ask("subscribe", ["binance/trade/S7COINUSDT"]);
    assert.ok(await eventually(() => client.messages.some(({ error }) => error?.code === "too_many_paths"), 20_000));
    const worstMs = await turns();
    assert.ok(worstMs < 50, `${worstMs} ms`);
    await client.close();
    await good.close();
  });

  it("forty who ask for a long list at once are answered one by one", async () => {
    const scene = await GatewayScene.open();
    for (let i = 0; i < 3_000; i++) scene.trades(`S${i}COINUSDT`).publish([tradeOf(`S${i}COINUSDT`, i)]);
    await ask(`${scene.url}/v1/paths`);
    const turns = longestTurnMs();
    const request = `GET /v1/paths HTTP/1.1\r\nHost: 127.0.0.1:${scene.port}\r\nConnection: close\r\n\r\n`;
    const answers = await Promise.all(Array.from({ length: 40 }, () => raw(scene.port, request, 20_000)));
    const worstMs = await turns();
    assert.ok(answers.every((answer) => answer.includes("S2999COINUSDT")));
    assert.ok(worstMs < 100, `${worstMs} ms`);
  });

  it("a WebSocket that is closed while it is being set up leaves nothing behind", async () => {
    const scene = await GatewayScene.open();
    const upgrade = "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==";
    const bad = Array.from({ length: 12 }, (_, i) => `path=a/b/c/d${i}`).join("&");
    await Promise.all(
      Array.from(
        { length: 20 },
        () => raw(scene.port, `GET /v1/stream?${bad} HTTP/1.1\r\nHost: 127.0.0.1:${scene.port}\r\n${upgrade}\r\n\r\n`),
      ),
    );
    assert.ok(await eventually(() => scene.gateway.clients === 0), `${scene.gateway.clients} clients are left`);
  });

  it("a question about the past whose asker hangs up makes room for others", async () => {
    const scene = await GatewayScene.open();
    scene.trades("AAA").publish([tradeOf("AAA", 1)]);
    const { connect } = await import("node:net");
    for (let i = 0; i < 200; i++) {
      await new Promise<void>((resolve) => {
        const socket = connect({ host: "127.0.0.1", port: scene.port });
        socket.on("error", () => {});
        socket.on("close", () => resolve());
        socket.write(
          `GET /v1/events/binance/trade/AAA HTTP/1.1\r\nHost: 127.0.0.1:${scene.port}\r\n\r\n`,
          () => setTimeout(() => socket.destroy(), i % 3),
        );
      });
    }
    assert.equal((await ask(`${scene.url}/v1/events/binance/trade/AAA`)).status, 200);
  });

  it("what the disk says is told without its folders", async () => {
    const scene = await GatewayScene.open();
    scene.trades("AAA").publish([tradeOf("AAA", 1)]);
    scene.refusesFlush = true;
    const { status, text } = await ask(`${scene.url}/v1/admin/flush`, {
      method: "POST",
      body: "{}",
      headers: { "content-type": "application/json" },
    });
    assert.equal(status, 503);
    assert.doesNotMatch(text, /secret/);
    assert.match(text, /Cannot write data\/binance/);
  });

  it("writes no raw control character of a stranger anywhere", async () => {
    const scene = await GatewayScene.open();
    const answer = await get(scene.port, "/v1/last/%0d%0aSet-Cookie:%20x/%1b%5b31m/%00", [`Host: 127.0.0.1:${scene.port}`]);
    assert.equal(statusOf(answer), 404);
    // deno-lint-ignore no-control-regex -- control characters are what is looked for
    for (const text of [...scene.log, answer.replaceAll(/\r?\n/g, "")]) assert.doesNotMatch(text, /[\u0000-\u001f\u007f]/);
    assert.doesNotMatch(answer, /^set-cookie/im);
  });

  it("holds a thousand connections, gives an idle one's place to a newcomer, and goes on", async () => {
    const scene = await GatewayScene.open();
    const idle = await Promise.all(Array.from({ length: 1_000 }, async () => {
      const { connect } = await import("node:net");
      const socket = connect({ host: "127.0.0.1", port: scene.port });
      socket.on("error", () => {});
      await new Promise<void>((resolve) => socket.on("connect", () => resolve()));
      return socket;
    }));
    for (const socket of idle.slice(0, 50)) socket.write(`GET /healthz HTTP/1.1\r\nHost: 127.0.0.1:${scene.port}\r\n\r\n`);
    await Promise.all(idle.slice(0, 50).map((socket) => new Promise<void>((resolve) => socket.once("data", () => resolve()))));
    for (let i = 0; i < 20; i++) assert.equal(statusOf(await get(scene.port, "/healthz", [`Host: 127.0.0.1:${scene.port}`])), 200);
    for (const socket of idle) socket.destroy();
  });
});
