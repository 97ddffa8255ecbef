import assert from "node:assert/strict";
import * as net from "node:net";
import { test } from "node:test";
import { Faults } from "../../../src/sim/venue/faults.ts";
import type { Life } from "../../../src/sim/venue/life.ts";
import { controlEndpoint } from "../../../src/sim/venue/control_endpoint.ts";
import { readLedger } from "../../../src/sim/venue/ledger_book.ts";
import { listenOnLoopback } from "../../../src/sim/venue/loopback.ts";
import { marketListings } from "../../../src/sim/venue/market_names.ts";
import { type ServedVenue, serveVenue, type ServeVenueOptions } from "../../../src/sim/venue/serve_venue.ts";
import { SyntheticMarket } from "../../../src/sim/venue/synthetic_market.ts";
import { Venue, type VenueOptions } from "../../../src/sim/venue/venue.ts";
import { OPCODE } from "../../../src/lib/websocket_frames.ts";
import { tempFolder } from "../../support/temp_folder.ts";
import { eventually, RawClient, runtime, SPOT } from "./support.ts";

const folder = tempFolder("loopback");
const BTC = "/stream?streams=btcusdt@trade/btcusdt@bookTicker&timeUnit=MICROSECOND";

/** A venue on a free port for the length of a test. */
async function withVenue(options: Partial<ServeVenueOptions>, run: (served: ServedVenue) => Promise<void>): Promise<void> {
  const served = await serveVenue(runtime, { source: "binance", port: 0, symbols: ["BTCUSDT", "ETHUSDT"], rate: 500, seed: 7, ...options });
  try {
    await run(served);
  } finally {
    await served.stop();
  }
}

/** Every connection has this life, every answer this fault. */
class Fixed extends Faults {
  readonly #plan: { readonly life?: Life; readonly answer?: ReturnType<Faults["answer"]> };
  constructor(plan: { readonly life?: Life; readonly answer?: ReturnType<Faults["answer"]> }) {
    super("calm", 1);
    this.#plan = plan;
  }
  override life(n: number): Life {
    return this.#plan.life ?? { ...super.life(n), ageMs: 3_600_000 };
  }
  override answer(): ReturnType<Faults["answer"]> {
    return this.#plan.answer;
  }
}

async function serveFixed(plan: ConstructorParameters<typeof Fixed>[0], options: VenueOptions = {}) {
  const market = new SyntheticMarket(runtime, SPOT, { seed: 7, rate: 500, listings: marketListings(7, ["BTCUSDT"]) });
  const venue = new Venue(runtime, SPOT, market, { ...options, faults: new Fixed(plan) });
  const intercept = controlEndpoint(venue, market, { stopFaults: () => {} });
  const server = await listenOnLoopback(runtime, venue, { port: 0, intercept });
  return {
    venue,
    wsUrl: `ws://127.0.0.1:${server.port}`,
    httpUrl: `http://127.0.0.1:${server.port}`,
    async stop() {
      venue.stop();
      await server.close();
    },
  };
}

test("a handshake is answered as RFC 6455 asks, and frames follow it at once", async () => {
  await withVenue({}, async ({ wsUrl }) => {
    const client = new RawClient(wsUrl, BTC);
    const head = await client.head;
    assert.match(head, /^HTTP\/1\.1 101 /);
    assert.match(head, /sec-websocket-accept: s3pPLMBiTxaQ9kYGzzhZRbK\+xOo=/i); // the RFC's own example, section 1.3
    assert.doesNotMatch(head, /sec-websocket-extensions/i);
    await eventually(() => client.texts().length > 20);
    assert(client.texts().every((text) => typeof JSON.parse(text).data.s === "string"));
    client.socket.destroy();
  });
});

test("pings come back with their payload, pieces make one message, a close frame is answered and ends it", async () => {
  await withVenue({}, async ({ wsUrl, venue }) => {
    const client = new RawClient(wsUrl, "/ws");
    await client.head;
    client.send(OPCODE.ping, "are you there");
    const request = '{"method":"LIST_SUBSCRIPTIONS","id":1}';
    client.send(OPCODE.text, request.slice(0, 10), { isFinal: false });
    client.send(OPCODE.continuation, request.slice(10));
    await eventually(() => client.frames.length === 2);
    assert.deepEqual(client.frames.map(({ opcode, payload }) => [opcode, new TextDecoder().decode(payload)]), [
      [OPCODE.pong, "are you there"],
      [OPCODE.text, '{"result":[],"id":1}'],
    ]);
    client.send(OPCODE.close, Uint8Array.of(0x0f, 0xa0, 0x62, 0x79, 0x65)); // 4000 "bye"
    await client.ended;
    assert.equal(client.closeCode(), 4_000);
    assert.equal(venue.connections().length, 0);
  });
});

test("a client that breaks the protocol is told so with a code, and gets no more data", async () => {
  await withVenue({}, async ({ wsUrl }) => {
    const codes = await Promise.all(
      ([
        [1_002, (client) => client.send(OPCODE.text, "unmasked", { mask: null })],
        [1_007, (client) => client.send(OPCODE.text, Uint8Array.of(0xff))],
        [1_009, (client) => client.send(OPCODE.text, new Uint8Array(70_000))],
        [1_002, (client) => client.send(OPCODE.continuation, "of nothing")],
      ] as [number, (client: RawClient) => void][]).map(async ([code, break_]) => {
        const client = new RawClient(wsUrl, BTC);
        await client.head;
        break_(client);
        await eventually(() => client.closeCode() !== undefined);
        assert.equal(client.frames.at(-1)!.opcode, OPCODE.close);
        client.socket.destroy();
        return [client.closeCode(), code];
      }),
    );
    for (const [found, expected] of codes) assert.equal(found, expected);
  });
});

test("an upgrade that is refused is an HTTP answer, with the wait where there is one", async () => {
  await withVenue({ limits: { connectsMax: 1 } }, async ({ wsUrl }) => {
    const first = new RawClient(wsUrl, "/stream");
    await first.head;
    const refused = await new RawClient(wsUrl, "/stream").head;
    assert.match(refused, /^HTTP\/1\.1 429 /);
    assert.match(refused, /retry-after: (300|299)\r\n/);
    first.socket.destroy();
  });
});

test("REST answers on a connection kept alive, in the order asked, and knows what it does not have", async () => {
  await withVenue({}, async ({ httpUrl }) => {
    const { hostname, port } = new URL(httpUrl);
    const socket = net.connect(Number(port), hostname);
    let text = "";
    socket.on("data", (bytes: Uint8Array) => text += new TextDecoder().decode(bytes));
    const get = (path: string, more = "") => `GET ${path} HTTP/1.1\r\nHost: x\r\n${more}\r\n`;
    socket.write(get("/api/v3/ping") + get("/api/v3/depth?symbol=BTCUSDT&limit=5") + get("/nothing", "Connection: close\r\n"));
    await new Promise((resolve) => socket.once("close", resolve));
    assert.deepEqual([...text.matchAll(/HTTP\/1\.1 (\d+)/g)].map(([, status]) => status), ["200", "200", "404"]);
    assert.deepEqual([...text.matchAll(/x-mbx-used-weight-1m: (\d+)/g)].map(([, used]) => used), ["1", "6", "7"]);
    assert.match(text, /\{"lastUpdateId":\d+,"bids":\[\[/);
  });
});

test("an answer that is late or breaks off is that to a real client, and the next one is not overtaken", async () => {
  const faulty = async (answer: NonNullable<ReturnType<Faults["answer"]>>, run: (httpUrl: string) => Promise<void>) => {
    const served = await serveFixed({ answer });
    try {
      await run(served.httpUrl);
    } finally {
      await served.stop();
    }
  };
  await faulty({ delayMs: 300 }, async (httpUrl) => {
    const { hostname, port } = new URL(httpUrl);
    const socket = net.connect(Number(port), hostname);
    let text = "";
    socket.on("data", (bytes: Uint8Array) => text += new TextDecoder().decode(bytes));
    const startMs = runtime.clock.monotonicMs();
    socket.write("GET /api/v3/time HTTP/1.1\r\nHost: x\r\n\r\nGET /sim/ledger HTTP/1.1\r\nConnection: close\r\nHost: x\r\n\r\n");
    await new Promise((resolve) => socket.once("close", resolve));
    assert(runtime.clock.monotonicMs() - startMs >= 299);
    assert(text.indexOf("serverTime") > 0 && text.indexOf("serverTime") < text.indexOf('"opened"'));
  });
  await faulty({ isCut: true }, async (httpUrl) => {
    await assert.rejects(runtime.http.request({ url: `${httpUrl}/api/v3/exchangeInfo`, bodyBytesMax: 1 << 20, timeoutMs: 5_000 }), {
      cause_: "network",
    });
  });
});

test("connections end as planned: by a code, without a code, by a reset, or never answering a close", async () => {
  const outcome = async (life: Life, act: (client: RawClient, venue: Venue) => Promise<void> = () => Promise.resolve()) => {
    const served = await serveFixed({ life });
    const client = new RawClient(served.wsUrl, BTC);
    await client.head;
    await act(client, served.venue);
    await client.ended;
    const summary = served.venue.summary();
    await served.stop();
    return { client, summary };
  };
  const soon = { ageMs: 100, noticeMs: 0 };
  const answer = async (client: RawClient) => {
    await eventually(() => client.frames.some(({ opcode }) => opcode === OPCODE.close));
    client.send(OPCODE.close, new Uint8Array(0));
  };
  const [closed, bare, reset, rude] = await Promise.all([
    outcome({ ...soon, end: { by: "close", code: 1012, reason: "Service restart" } }, answer),
    outcome({ ...soon, end: { by: "close", code: 1005, reason: "" } }, answer),
    outcome({ ...soon, end: { by: "reset" } }),
    outcome({ ageMs: 600, noticeMs: 0, end: { by: "reset" }, decay: { afterMs: 0, to: "rude" } }, async (client, venue) => {
      await eventually(() => venue.summary().faults["rude"] === 1);
      client.send(OPCODE.close, Uint8Array.of(0x03, 0xe8));
    }),
  ]);
  assert.equal(closed.client.closeCode(), 1_012);
  assert.equal(bare.client.frames.at(-1)!.payload.length, 0);
  assert.equal(bare.client.frames.at(-1)!.opcode, OPCODE.close);
  for (const { client, summary } of [reset, rude]) {
    assert(client.frames.every(({ opcode }) => opcode === OPCODE.text));
    assert.equal(summary.faults["reset"], 1);
  }
});

test("a dead connection neither answers nor speaks; it ends for want of a pong", async () => {
  const served = await serveFixed(
    { life: { ageMs: 60_000, noticeMs: 0, end: { by: "reset" }, decay: { afterMs: 0, to: "dead" } } },
    { limits: { pingEveryMs: 200, pongWithinMs: 300 } },
  );
  const client = new RawClient(served.wsUrl, BTC);
  await client.head;
  await eventually(() => served.venue.summary().faults["dead"] === 1);
  const count = client.frames.length;
  client.send(OPCODE.ping, "hello");
  await client.ended;
  assert.equal(client.frames.length, count);
  await served.stop();
});

test(
  "a consumer that reads nothing is cut off when too much waits for it, and the others notice nothing",
  { timeout: 60_000 },
  async () => {
    await withVenue({ rate: 20_000, queueBytesMax: 200_000 }, async ({ wsUrl, venue }) => {
      const [slow, good] = [new RawClient(wsUrl, BTC), new RawClient(wsUrl, BTC)];
      await Promise.all([slow.head, good.head]);
      slow.socket.pause();
      await eventually(() => venue.connections().length === 1, 15_000);
      const before = good.texts().length;
      await eventually(() => good.texts().length > before + 1_000);
      good.socket.destroy();
      slow.socket.destroy();
    });
  },
);

test("a venue that leaves closes by handshake, turns newcomers away, and the ledger says all of it arrived", async () => {
  const path = `${folder}/new/ledger.ndjson`;
  const served = await serveVenue(runtime, { source: "binance", port: 0, symbols: ["BTCUSDT"], rate: 500, seed: 7, ledger: path });
  const client = new RawClient(served.wsUrl, BTC);
  await client.head;
  await eventually(() => client.texts().length > 50);
  const answer = eventually(() => client.closeCode() !== undefined).then(() => client.send(OPCODE.close, Uint8Array.of(0x03, 0xe9)));
  await served.stop();
  await answer;
  assert.equal(client.closeCode(), 1_001);
  const book = readLedger(new TextDecoder().decode(runtime.disk.read(path)));
  const owed = [...book.owed().values()].flat();
  assert.equal(owed.length, client.texts().length);
  assert(owed.every(({ must }) => must));
});
