import assert from "node:assert/strict";
import { test } from "node:test";
import { SPOT, START_TIME, type Still, stillVenue } from "./support.ts";

function get(still: Still, target: string, address = "10.0.0.1", headers: Record<string, string> = {}) {
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
    ["/api/v3/aggTrades?symbol=BTCUSDT", 4],
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
    ["/api/v3/exchangeInfo?symbolStatus=OPEN", 400, -1122],
    ["/api/v3/exchangeInfo?symbol=BTCUSDT&symbolStatus=TRADING", 400, -1128],
    ["/api/v3/aggTrades?symbol=BTCUSDT&fromId=1&startTime=1", 400, -1128],
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
  assert.deepEqual(JSON.parse(get(still, "/api/v3/historicalTrades?symbol=BTCUSDT&fromId=99999999999999").body), []);
});

test("exchangeInfo lists what trades and what does not, the odd names too", () => {
  const still = stillVenue({ symbols: 12 });
  const { symbols } = JSON.parse(get(still, "/api/v3/exchangeInfo").body) as { symbols: { symbol: string; status: string }[] };
  assert.equal(symbols.length, 13);
  assert.equal(symbols.filter(({ status }) => status === "BREAK").length, 1);
  assert(symbols.some(({ symbol }) => symbol === "这是测试币456USDT"));
  assert.equal(SPOT.streamOf({ type: "trade", symbol: "这是测试币456USDT" }), "这是测试币456usdt@trade");
});

test("exchangeInfo leaves out what it is not asked for", () => {
  const still = stillVenue({ symbols: 12 });
  type Entry = { symbol: string; status: string; permissionSets: unknown[] };
  const symbols = (query: string) => (JSON.parse(get(still, `/api/v3/exchangeInfo?${query}`).body) as { symbols: Entry[] }).symbols;
  assert.deepEqual(symbols("symbolStatus=BREAK").map(({ symbol }) => symbol), ["RETIREDUSDT"]);
  assert.deepEqual(symbols("symbol=ETHUSDT").map(({ symbol }) => symbol), ["ETHUSDT"]);
  assert(symbols("").every(({ permissionSets }) => permissionSets.length > 0));
  assert(symbols("showPermissionSets=false").every(({ permissionSets }) => permissionSets.length === 0));
});

test("aggregates are found by id and by time, in ms and in µs", async () => {
  const still = stillVenue();
  await still.advance(20_000);
  const ask = (query: string) =>
    JSON.parse(get(still, `/api/v3/aggTrades?symbol=BTCUSDT&${query}`, undefined, { "x-mbx-time-unit": "MICROSECOND" }).body) as {
      a: number;
      f: number;
      l: number;
      T: number;
    }[];
  const all = ask("limit=1000");
  assert(all.length > 500 && all.every(({ a, f, l }, i) => a === all[0]!.a + i && f === a && l === a));
  const [from, to] = [all[100]!.T, all[200]!.T];
  assert.deepEqual(ask(`fromId=${all[100]!.a}&limit=3`), all.slice(100, 103));
  assert.deepEqual(ask(`startTime=${from}&endTime=${to}`), all.slice(100, 201));
  assert.deepEqual(
    ask(`startTime=${Math.ceil(from / 1_000)}&limit=1`),
    all.filter(({ T }) => T >= Math.ceil(from / 1_000) * 1_000).slice(0, 1),
  );
  assert.deepEqual(ask(`endTime=${to}&limit=5`), all.slice(196, 201));
  assert.deepEqual(ask(`startTime=${all.at(-1)!.T + 1}`), []);
});
