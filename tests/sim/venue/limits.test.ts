import assert from "node:assert/strict";
import { test } from "node:test";
import { SPOT, START_TIME, stillVenue } from "./support.ts";

test("five frames in a second are read, the sixth ends the connection with 1008", async () => {
  const still = stillVenue();
  const client = still.connect();
  for (let second = 0; second < 3; second++) {
    for (let i = 0; i < 5; i++) client.say("LIST_SUBSCRIPTIONS", [], i);
    await still.advance(1_000);
  }
  assert.equal(client.frames.length, 15);
  assert.equal(client.closeCode(), undefined);
  for (let i = 0; i < 6; i++) client.say("LIST_SUBSCRIPTIONS", [], i);
  assert.deepEqual(client.closing, { code: 1008, reason: "Too many requests" });
  assert.equal(client.frames.length, 20);
});

test("pings and pongs of the client count as frames", async () => {
  const still = stillVenue();
  const client = still.connect();
  await still.advance(500);
  for (let i = 0; i < 3; i++) client.clientPing();
  for (let i = 0; i < 3; i++) client.pong(Uint8Array.of(i));
  assert.equal(client.closing?.reason, "Too many requests");
});

test("a ping goes out every 20 s; without its pong the connection ends after 60 s, whatever else is answered", async () => {
  const still = stillVenue({ symbols: [] });
  const [good, bad] = [still.connect(), still.connect()];
  bad.answersPings = false;
  const unsolicited = async () => {
    for (let s = 0; s < 79; s++) {
      bad.pong(Uint8Array.of(0));
      await still.advance(1_000);
    }
  };
  await unsolicited();
  assert.equal(bad.closeCode(), undefined);
  await still.advance(1_500);
  assert.deepEqual(bad.closing, { code: 1008, reason: "Pong timeout" });
  await still.advance(200_000);
  assert.equal(good.closeCode(), undefined);
  assert.equal(good.pings.length, 14);
  assert.notDeepEqual(good.pings[0], good.pings[1]);
});

test("the pong of a later ping answers for the earlier ones too", async () => {
  const still = stillVenue({ symbols: [] });
  const client = still.connect();
  client.answersPings = false;
  await still.advance(60_500);
  client.pong(client.pings[2]!);
  await still.advance(59_000);
  assert.equal(client.closeCode(), undefined);
});

test("1,024 streams are carried, one more ends the connection", async () => {
  const still = stillVenue();
  const client = still.connect();
  const names = Array.from({ length: 1_025 }, (_, i) => `s${i}@trade`);
  for (let i = 0; i < 1_024; i += 200) {
    client.say("SUBSCRIBE", names.slice(i, Math.min(i + 200, 1_024)));
    await still.advance(300);
  }
  assert.equal(client.closeCode(), undefined);
  client.say("SUBSCRIBE", names.slice(0, 1)); // a stream twice is one stream
  await still.advance(300);
  assert.equal(client.closeCode(), undefined);
  client.say("SUBSCRIBE", names.slice(1_024));
  assert.equal(client.closeCode(), 1_008);
});

test("a frame of 4,088 bytes is answered, one of 4,089 is not", () => {
  const client = stillVenue().connect();
  const frame = (bytes: number) => {
    const bare = JSON.stringify({ method: "SUBSCRIBE", params: ["@trade"], id: 1 });
    return bare.replace("@trade", `${"x".repeat(bytes - bare.length)}@trade`);
  };
  client.text(frame(4_089));
  assert.equal(client.frames.length, 0);
  client.text(frame(4_088));
  assert.deepEqual(client.frames, ['{"result":null,"id":1}']);
});

test("300 connects in five minutes and address, the next is refused with 429 and the wait", async () => {
  const still = stillVenue({ symbols: [], limits: { pingEveryMs: 3_600_000 } });
  for (let i = 0; i < 300; i++) assert.equal(still.connect().refusal, undefined);
  await still.advance(10_000);
  const refused = still.connect().refusal;
  assert.equal(refused?.refuse, 429);
  assert.equal(still.connect(undefined, "10.0.0.2").refusal, undefined);
  await still.advance(refused.retryAfterMs! - 1);
  assert.equal(still.connect().refusal?.refuse, 429);
});

test("an address that keeps away as told gets in again", async () => {
  const still = stillVenue({ symbols: [], limits: { connectsMax: 3, connectWindowMs: 60_000 } });
  for (let i = 0; i < 3; i++) still.connect();
  const wait = still.connect().refusal!.retryAfterMs!;
  await still.advance(wait);
  assert.equal(still.connect().refusal, undefined);
});

test("a connection ends at its age, with a notice before it where that is asked for", async () => {
  const still = stillVenue({ symbols: [], shutdownNoticeMs: 60_000, limits: { pingEveryMs: 3_600_000, pongWithinMs: 7_200_000 } });
  const [combined, raw] = [still.connect(), still.connect("/ws")];
  await still.advance(24 * 3_600_000 - 60_001);
  assert.deepEqual(combined.frames, []);
  await still.advance(1);
  assert.match(combined.frames[0]!, /^{"stream":"!serverShutdown","data":{"e":"serverShutdown","E":17950863\d{8}}}$/);
  assert.match(raw.frames[0]!, /^{"e":"serverShutdown","E":17950863\d{5}}$/);
  assert.equal(combined.closeCode(), undefined);
  await still.advance(60_000);
  assert.equal(combined.closeCode(), 1_001);
});

test("the end of a connection's life can be a reset", async () => {
  const still = stillVenue({ endsBy: "reset", limits: { socketAgeMaxMs: 5_000 } });
  const client = still.connect();
  await still.advance(5_000);
  assert(client.wasReset);
});

test("a consumer that lags too far is cut off, nothing is conflated", async () => {
  const still = stillVenue({ queueBytesMax: 1_000 });
  const client = still.connect("/stream?streams=btcusdt@trade");
  await still.advance(1_000);
  const before = client.frames.length;
  assert(before > 5 && !client.wasReset);
  client.buffered = 1_001;
  await still.advance(1_000);
  assert(client.wasReset);
  assert.equal(client.frames.length, before + 1);
});

test("a target that is too long, has no path of ours or a bad unit is refused", () => {
  const still = stillVenue();
  const status = (target: string) => still.connect(target).refusal?.refuse;
  assert.equal(status(`/stream?streams=${"x".repeat(8_000)}@trade`), 414);
  assert.equal(status("/market/stream"), 404);
  assert.equal(status("/stream?timeUnit=NANOSECOND"), 400);
  assert.equal(status("/stream?timeUnit=constructor"), 400);
  assert.equal(status("/stream?streams=btcusdt"), 400);
  assert.equal(status("/stream?streams=%zz"), 400);
});

// ── REST ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────

function get(still: ReturnType<typeof stillVenue>, target: string, address = "10.0.0.1", headers: Record<string, string> = {}) {
  return still.venue.request({ method: "GET", target, headers }, address);
}

test("weights add up in the minute and are told in both headers", () => {
  const still = stillVenue();
  const used = (target: string) => Number(get(still, target).headers["x-mbx-used-weight-1m"]);
  const costs: [target: string, weight: number][] = [
    ["/api/v3/ping", 1],
    ["/api/v3/time", 1],
    ["/api/v3/exchangeInfo", 20],
    ["/api/v3/depth?symbol=BTCUSDT", 5],
    ["/api/v3/depth?symbol=BTCUSDT&limit=101", 25],
    ["/api/v3/depth?symbol=BTCUSDT&limit=1000", 50],
    ["/api/v3/depth?symbol=BTCUSDT&limit=99999", 250],
    ["/api/v3/trades?symbol=BTCUSDT", 25],
    ["/api/v3/historicalTrades?symbol=BTCUSDT", 25],
    ["/api/v3/ticker/24hr?symbol=BTCUSDT", 2],
    ["/api/v3/ticker/24hr", 80],
    ["/api/v3/nothing", 1],
  ];
  let sum = 0;
  for (const [target, weight] of costs) assert.equal(used(target), sum += weight, target);
  assert.equal(get(still, "/api/v3/ping").headers["x-mbx-used-weight"], String(sum + 1));
  assert.equal(get(still, "/api/v3/ping", "10.0.0.2").headers["x-mbx-used-weight-1m"], "1");
});

test("past the minute's weight comes 429 until the minute ends; going on earns 418, and the second ban is twice as long", async () => {
  const still = stillVenue();
  const heavy = () => get(still, "/api/v3/depth?symbol=BTCUSDT&limit=5000");
  const leftOfMinuteMs = 60_000 - (START_TIME / 1_000) % 60_000;
  for (let i = 0; i < 24; i++) assert.equal(heavy().status, 200);
  const first = heavy();
  assert.equal(first.status, 429);
  assert.equal(first.headers["retry-after"], String(Math.ceil(leftOfMinuteMs / 1_000)));
  assert.equal(JSON.parse(first.body).code, -1003);
  await still.advance(leftOfMinuteMs);
  assert.equal(heavy().status, 200);

  const banned = () => {
    for (let i = 0; i < 40; i++) {
      const answer = heavy();
      if (answer.status === 418) return Number(answer.headers["retry-after"]);
    }
    return assert.fail("never banned");
  };
  assert.equal(banned(), 120);
  await still.advance(119_000);
  assert.equal(heavy().status, 418);
  await still.advance(1_001);
  assert.equal(heavy().status, 200);
  assert.equal(banned(), 240);
});

test("what a parameter lacks is told with the venue's code", () => {
  const still = stillVenue();
  const cases: [target: string, status: number, code: number][] = [
    ["/api/v3/depth", 400, -1102],
    ["/api/v3/depth?symbol=", 400, -1102],
    ["/api/v3/depth?symbol=NOPE", 400, -1121],
    ["/api/v3/depth?symbol=BTC%20USDT", 400, -1100],
    ["/api/v3/depth?symbol=BTCUSDT&limit=ten", 400, -1100],
    ["/api/v3/depth?symbol=BTCUSDT&limit=0", 400, -1130],
    ["/api/v3/exchangeInfo?symbols=nope", 400, -1100],
    ["/api/v3/exchangeInfo?symbols=%5B%22BTCUSDT%22,%22BTCUSDT%22%5D", 400, -1151],
    ["/nothing", 404, -1000],
  ];
  for (const [target, status, code] of cases) {
    const answer = get(still, target);
    assert.deepEqual([answer.status, JSON.parse(answer.body).code], [status, code], target);
  }
});

test("trades over REST are the trades of the stream, by id and in the unit asked for", async () => {
  const still = stillVenue();
  const client = still.connect("/stream?streams=btcusdt@trade&timeUnit=MICROSECOND");
  await still.advance(5_000);
  const streamed = client.data.map(({ data }) => data);
  const target = `/api/v3/historicalTrades?symbol=BTCUSDT&limit=1000&fromId=${streamed[0]!["t"]}`;
  const rest = JSON.parse(get(still, target, undefined, { "x-mbx-time-unit": "MICROSECOND" }).body) as Record<string, unknown>[];
  assert.deepEqual(
    rest.map(({ id, price, qty, time, isBuyerMaker }) => ({ t: id, p: price, q: qty, T: time, m: isBuyerMaker })),
    streamed.map(({ t, p, q, T, m }) => ({ t, p, q, T, m })),
  );
  const newest = JSON.parse(get(still, "/api/v3/trades?symbol=BTCUSDT&limit=3").body) as { id: number; time: number }[];
  assert.deepEqual(newest.map(({ id }) => id), streamed.slice(-3).map(({ t }) => t));
  assert.equal(newest[0]!.time, Math.floor(streamed.at(-3)!["T"] as number / 1_000));
  assert.deepEqual(JSON.parse(get(still, "/api/v3/historicalTrades?symbol=BTCUSDT&fromId=9999999999").body), []);
});

test("exchangeInfo lists what trades and what does not, the odd names too", () => {
  const still = stillVenue({ symbols: 12 });
  const { symbols } = JSON.parse(get(still, "/api/v3/exchangeInfo").body) as { symbols: { symbol: string; status: string }[] };
  assert.equal(symbols.length, 13);
  assert.equal(symbols.filter(({ status }) => status === "BREAK").length, 1);
  assert(symbols.some(({ symbol }) => symbol === "这是测试币456USDT"));
  assert.equal(SPOT.streamOf({ type: "trade", symbol: "这是测试币456USDT" }), "这是测试币456usdt@trade");
});
