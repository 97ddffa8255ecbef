import assert from "node:assert/strict";
import { test } from "node:test";
import { BINANCE_SOURCES } from "../../../src/exchanges/binance/index.ts";
import { Codec } from "../../../src/exchanges/codec.ts";
import { binanceSpotDialect } from "../../../src/exchanges/binance/dialect.ts";
import { marketListings } from "../../../src/sim/venue/market_names.ts";
import { SymbolValues } from "../../../src/sim/venue/symbol_values.ts";
import { SyntheticMarket } from "../../../src/sim/venue/synthetic_market.ts";
import { ManualTimers } from "../../support/manual_timers.ts";
import { SPOT, START_TIME, stillRuntime, stillVenue } from "./support.ts";

const ALL_BTC = "btcusdt@trade/btcusdt@bookTicker/btcusdt@depth@100ms";

test("the five methods answer as the venue does", () => {
  const still = stillVenue({ limits: { framesPerSecondMax: 1_000 } });
  const client = still.connect("/ws");
  const cases: [request: string, reply: string][] = [
    ['{"method":"SUBSCRIBE","params":["btcusdt@trade","nosuch@trade"],"id":7}', '{"result":null,"id":7}'],
    ['{"method":"UNSUBSCRIBE","params":["nosuch@trade"],"id":"a1"}', '{"result":null,"id":"a1"}'],
    ['{"method":"LIST_SUBSCRIPTIONS","id":null}', '{"result":["btcusdt@trade"],"id":null}'],
    ['{"method":"GET_PROPERTY","params":["combined"],"id":1}', '{"result":false,"id":1}'],
    ['{"method":"SET_PROPERTY","params":["combined",true],"id":2}', '{"result":null,"id":2}'],
    ['{"method":"GET_PROPERTY","params":["combined"],"id":3}', '{"result":true,"id":3}'],
    ['{"method":"LIST_SUBSCRIPTIONS","id":-9223372036854775808}', '{"result":["btcusdt@trade"],"id":-9223372036854775808}'],
    ['{"id":9007199254740993,"method":"LIST_SUBSCRIPTIONS","params":[]}', '{"result":["btcusdt@trade"],"id":9007199254740993}'],
  ];
  for (const [request, reply] of cases) {
    client.text(request);
    assert.equal(client.frames.pop(), reply, request);
  }
});

test("what is no request is answered with code 0, 1, 2 or 3, nested or flat", () => {
  const cases: [request: string, code: number, id: unknown][] = [
    ['{"method":"GET_PROPERTY","params":["speed"],"id":1}', 0, 1],
    ['{"method":"SET_PROPERTY","params":["combined","yes"],"id":1}', 1, 1],
    ['{"method":"SET_PROPERTY","params":[1,true],"id":1}', 2, 1],
    ['{"method":"SUBSCRIBE","params":["btcusdt"],"id":1}', 2, 1],
    ['{"method":"SUBSCRIBE","params":["btc usdt@trade"],"id":1}', 2, 1],
    ['{"method":"SUBSCRIBE","params":[7],"id":1}', 2, 1],
    ['{"method":"SUBSCRIBE","id":1}', 2, 1],
    ['{"method":"LIST_SUBSCRIPTIONS","params":["x"],"id":1}', 2, 1],
    ['{"method":"DANCE","id":1}', 2, 1],
    ['{"params":[],"id":1}', 2, 1],
    ['{"method":"LIST_SUBSCRIPTIONS"}', 2, undefined],
    ['{"method":"LIST_SUBSCRIPTIONS","id":1.5}', 2, undefined],
    ['{"method":"LIST_SUBSCRIPTIONS","id":9223372036854775808}', 2, undefined],
    ['{"method":"LIST_SUBSCRIPTIONS","id":true}', 2, undefined],
    ['{"method":"LIST_SUBSCRIPTIONS","params":[{"id":5}]}', 2, undefined],
    [`{"method":"LIST_SUBSCRIPTIONS","id":"${"x".repeat(37)}"}`, 2, undefined],
    ["[1]", 2, undefined],
    ["{nope", 3, undefined],
  ];
  const connection = { streams: new Set<string>(), isCombined: true, timeUnit: "ms" } as const;
  for (const [request, code, id] of cases) {
    const nested = JSON.parse(SPOT.control(request, connection).reply);
    assert.deepEqual([nested.error.code, nested.id], [code, id], request);
    const flat = JSON.parse(binanceSpotDialect({ errorShape: "flat" }).control(request, connection).reply);
    assert.deepEqual([flat.code, flat.id, typeof flat.msg], [code, id, "string"], request);
  }
});

test("a stream of no symbol is acknowledged and silent; one listed later speaks from then on", async () => {
  const still = stillVenue();
  const client = still.connect();
  client.say("SUBSCRIBE", ["newusdt@trade", "newusdt@bookTicker", "newusdt@depth@100ms", "BTCUSDT@trade", "btcusdt@aggTrade"]);
  await still.advance(10_000);
  assert.deepEqual(client.frames, ['{"result":null,"id":1}']);
  still.market.list("NEWUSDT");
  await still.advance(10_000);
  const ids = (stream: string) => client.data.filter((frame) => frame.stream === stream).map(({ data }) => data);
  assert(ids("newusdt@trade").length > 20 && ids("newusdt@bookTicker").length > 10);
  const windows = ids("newusdt@depth@100ms");
  assert.equal(windows[0]!["U"], new SymbolValues(7, "NEWUSDT").firstUpdateId);
  windows.forEach(({ U }, i) => assert(i === 0 || U === Number(windows[i - 1]!["u"]) + 1));
});

test("a delisted or halted symbol falls silent and goes on where it was, the others notice nothing", async () => {
  const still = stillVenue();
  const client = still.connect(`/stream?streams=${ALL_BTC}/ethusdt@trade&timeUnit=MICROSECOND`);
  const ids = (stream: string) => client.data.filter((frame) => frame.stream === stream).map(({ data }) => Number(data["t"]));
  await still.advance(3_000);
  still.market.delist("BTCUSDT");
  assert(!still.market.listings().some(({ symbol }) => symbol === "BTCUSDT"));
  await still.advance(200);
  const silent = client.data.filter(({ stream }) => stream.startsWith("btc")).length;
  await still.advance(3_000);
  assert.equal(client.data.filter(({ stream }) => stream.startsWith("btc")).length, silent);
  still.market.list("BTCUSDT");
  await still.advance(1_000);
  still.market.halt("BTCUSDT");
  assert.equal(still.market.listings().find(({ symbol }) => symbol === "BTCUSDT")!.status, "HALT");
  await still.advance(1_000);
  still.market.list("BTCUSDT");
  await still.advance(1_000);
  for (const stream of ["btcusdt@trade", "ethusdt@trade"]) {
    const trades = ids(stream);
    assert.deepEqual(trades, trades.map((_, i) => trades[0]! + i), stream);
  }
});

test("ids follow each other, windows touch, and connections cut them differently", async () => {
  const still = stillVenue();
  const [a, b] = [still.connect(`/stream?streams=${ALL_BTC}`), still.connect(`/stream?streams=${ALL_BTC}`)];
  await still.advance(5_000);
  const windows = [a, b].map(({ data }) => data.filter(({ stream }) => stream.endsWith("@depth@100ms")).map((each) => each.data));
  for (const each of windows) {
    each.forEach(({ U }, i) => assert(i === 0 || U === Number(each[i - 1]!["u"]) + 1));
    assert(each.length > 40 && each.length <= 50);
  }
  assert.notDeepEqual(windows[0]!.map(({ U }) => U), windows[1]!.map(({ U }) => U));
  const others = [a, b].map(({ frames }) => frames.filter((text) => !text.includes("@depth")));
  assert.deepEqual(others[0], others[1]);
});

test("times come in the unit the connection asked for, frames bare or combined", async () => {
  const still = stillVenue();
  const [ms, us, raw] = [
    still.connect(`/stream?streams=${ALL_BTC}`),
    still.connect("/stream?streams=btcusdt%40trade&timeUnit=microsecond"),
    still.connect("/ws/btcusdt@trade"),
  ];
  await still.advance(2_000);
  const trades = ms.data.filter(({ stream }) => stream === "btcusdt@trade").map(({ data }) => data);
  assert.deepEqual(
    trades,
    us.data.map(({ data }) => ({ ...data, E: Math.floor(Number(data["E"]) / 1_000), T: Math.floor(Number(data["T"]) / 1_000) })),
  );
  assert.deepEqual(raw.frames.map((text) => JSON.parse(text)), trades);
});

test("the codec reads every frame, and what it reads is what the ledger says must be stored", async () => {
  const still = stillVenue({ symbols: 12, rate: 400 });
  const client = still.connect();
  const names = still.market.listings().flatMap(({ symbol }) =>
    (["trade", "bbo", "depth"] as const).map((type) => SPOT.streamOf({ type, symbol }))
  );
  client.say("SUBSCRIBE", names);
  await still.advance(20_000);
  const codec = new Codec(BINANCE_SOURCES[0]!);
  const events = client.data.flatMap((frame) => {
    const decoded = codec.decode(JSON.stringify(frame), 0);
    assert.equal(decoded.kind, "events", JSON.stringify(decoded));
    return decoded.kind === "events" ? decoded.events.map((event) => ({ type: decoded.channel.event.name, event })) : [];
  });
  assert(events.length > 5_000);
  const owed = still.ledger.sentTo(1);
  assert.equal(owed.length, events.length);
  events.forEach(({ type, event }, i) => {
    const line = owed[i]!;
    assert.equal(line.symbol, event.symbol);
    assert.equal(line.stream.split("/")[1], type);
    assert.equal(line.t, event.eventTime ?? null);
    for (const [column, value] of Object.entries(line.fields)) {
      const field = column.replace(/_(.)/g, (_, letter: string) => letter.toUpperCase());
      assert.deepEqual((event as unknown as Record<string, unknown>)[field] ?? null, value, `${line.stream} ${column}`);
    }
  });
  assert(events.some(({ event }) => "bidPrice" in event && event.bidPrice === undefined), "no empty side");
});

test("the same seed says the same, another seed something else", async () => {
  const frames = async (seed: number) => {
    const still = stillVenue({ seed });
    const client = still.connect(`/stream?streams=${ALL_BTC}`);
    await still.advance(3_000);
    return client.frames;
  };
  assert.deepEqual(await frames(1), await frames(1));
  assert.notDeepEqual(await frames(1), await frames(2));
});

test("venues of one seed say the same at the same moment, and one started again goes on where it would be", async () => {
  const timers = new ManualTimers();
  const said = (market: SyntheticMarket) => {
    const frames: string[] = [];
    market.start({
      isWatched: () => true,
      backlogBytes: () => 0,
      publish: (frame) => frames.push(`${frame.stream} ${frame.payload("us")}`),
    });
    for (const { symbol } of market.listings()) market.watched(SPOT.streamOf({ type: "depth", symbol }), 0);
    return frames;
  };
  const start = () => new SyntheticMarket(stillRuntime(timers), SPOT, { seed: 7, rate: 300, listings: marketListings(7, 4) });
  const all = said(start());
  await timers.advance(2_500);
  const first = start();
  const early = said(first);
  const from = all.length;
  await timers.advance(4_000);
  first.stop();
  const late = said(start());
  await timers.advance(4_000);
  const trades = (frames: readonly string[]) => frames.filter((frame) => frame.includes("@trade "));
  assert(trades(early).length > 100 && trades(late).length > 100);
  assert.deepEqual([...trades(early), ...trades(late)], trades(all.slice(from)));
});

test("what was before a venue began is known to REST: a whole book, and trades that lead up to the first one sent", async () => {
  const still = stillVenue();
  const book = still.market.book("BTCUSDT")!;
  assert(book.bids.length > 10 && book.asks.length > 10);
  const before = still.market.trades("BTCUSDT", undefined, 50);
  const client = still.connect();
  client.say("SUBSCRIBE", ["btcusdt@trade"]);
  await still.advance(1_000);
  const { t, T } = client.data[0]!.data as { t: number; T: number };
  assert.equal(before.length, 50);
  assert.equal(before.at(-1)!.id, t - 1);
  assert(before.every(({ time }, i) => time <= START_TIME && time >= (before[i - 1]?.time ?? 0)) && T > START_TIME);
});

test("a venue asked for a rate delivers it", async () => {
  const still = stillVenue({ symbols: 20, rate: 500 });
  const client = still.connect();
  client.say(
    "SUBSCRIBE",
    still.market.listings().flatMap(({ symbol }) =>
      ["trade", "bbo", "depth"].map((type) => SPOT.streamOf({ type: type as "bbo", symbol }))
    ),
  );
  await still.advance(20_000);
  assert(Math.abs(client.data.length / 20 / 500 - 1) < 0.05, `${client.data.length / 20} a second`);
});

test("after quiesce every lane has told every update, and nothing more comes", async () => {
  const still = stillVenue();
  const clients = Array.from({ length: 4 }, () => still.connect("/stream?streams=btcusdt@depth@100ms"));
  await still.advance(3_033);
  still.venue.quiesce();
  const counts = clients.map(({ frames }) => frames.length);
  assert.equal(new Set(clients.map(({ data }) => data.at(-1)!.data["u"])).size, 1);
  await still.advance(3_000);
  assert.deepEqual(clients.map(({ frames }) => frames.length), counts);
});

test("owed is what surely arrived: all of a connection open at quiesce, and of a cut one what a pong answered for", async () => {
  const still = stillVenue({ limits: { pingEveryMs: 1_000 } });
  const cut = still.connect("/stream?streams=btcusdt@trade");
  await still.advance(1_500);
  cut.leave();
  await still.advance(1_000);
  const stays = still.connect("/stream?streams=ethusdt@trade");
  await still.advance(1_234);
  still.venue.quiesce();
  stays.leave();
  const owed = still.ledger.owed();
  const btc = owed.get("binance/trade/BTCUSDT")!;
  const eth = owed.get("binance/trade/ETHUSDT")!;
  assert(eth.length > 10 && eth.every(({ must }) => must));
  const musts = btc.filter(({ must }) => must);
  assert(musts.length > 10 && musts.length < btc.length);
  assert(musts.every(({ t }) => t! <= btc.find(({ must }) => !must)!.t!));
  assert.equal(cut.frames.length, btc.length);
});
