import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { BboEvent } from "../../../src/events/bbo.ts";
import type { DepthEvent } from "../../../src/events/depth.ts";
import type { TradeEvent } from "../../../src/events/trade.ts";
import { Codec } from "../../../src/exchanges/codec.ts";
import { bboFrame, binanceSpot, depthFrame, tradeFrame } from "../support.ts";

const NOW = 1_795_000_000_200_000;

function only<T>(text: string, codec = new Codec(binanceSpot)): T {
  const decoded = codec.decode(text, NOW);
  assert(decoded.kind === "events", decoded.kind === "bad" ? decoded.error.message : text);
  assert.equal(decoded.events.length, 1);
  return decoded.events[0] as unknown as T;
}

function reasonOf(text: string): string {
  const decoded = new Codec(binanceSpot).decode(text, NOW);
  return decoded.kind === "bad" ? decoded.error.reason : decoded.kind;
}

describe("a spot trade", () => {
  it("is a row with the aggressor as its side: m says the buyer was the maker, so the seller took", () => {
    assert.deepEqual(only<TradeEvent>(tradeFrame({ m: true })), {
      recvTime: NOW,
      eventTime: 1_795_000_000_121_987, // T, when it traded; not E, when it was sent
      source: "binance",
      symbol: "BNBUSDT",
      tradeId: 1001,
      tradeKey: undefined,
      price: 612.1,
      size: 0.25,
      side: "sell",
      origin: "live",
    });
    assert.equal(only<TradeEvent>(tradeFrame({ m: false })).side, "buy");
  });

  it("needs no field that is not read", () => {
    const whole = only<TradeEvent>(tradeFrame({}));
    assert.deepEqual(only<TradeEvent>(tradeFrame({ E: undefined, M: undefined })), whole);
  });

  it("may bring fields nobody has heard of, which are counted", () => {
    const codec = new Codec(binanceSpot);
    const whole = only<TradeEvent>(tradeFrame({}), codec);
    assert.equal(codec.counts.unknownFields, 0);
    assert.deepEqual(only<TradeEvent>(tradeFrame({ b: 7, a: 8, X: "MARKET" }), codec), whole);
    assert.equal(codec.counts.unknownFields, 3);
    only<TradeEvent>(tradeFrame({ b: 7 }), codec);
    assert.equal(codec.counts.unknownFields, 4);
  });
});

describe("a spot best bid and offer", () => {
  it("is one row without an event time: the venue gives none", () => {
    assert.deepEqual(only<BboEvent>(bboFrame({})), {
      recvTime: NOW,
      eventTime: undefined,
      source: "binance",
      symbol: "BNBUSDT",
      updateId: 4009,
      bidPrice: 612.09,
      bidSize: 1.2,
      askPrice: 612.1,
      askSize: 0.4,
      origin: "live",
    });
  });

  it("with one side empty is a row with nulls, with both empty too", () => {
    const sides = ({ bidPrice, bidSize, askPrice, askSize }: BboEvent) => [bidPrice, bidSize, askPrice, askSize];
    const none = { b: "0.00000000", B: "0.00000000" };
    const noAsk = { a: "0", A: "0.0" };
    assert.deepEqual(sides(only<BboEvent>(bboFrame(none))), [undefined, undefined, 612.1, 0.4]);
    assert.deepEqual(sides(only<BboEvent>(bboFrame(noAsk))), [612.09, 1.2, undefined, undefined]);
    assert.deepEqual(sides(only<BboEvent>(bboFrame({ ...none, ...noAsk }))), [undefined, undefined, undefined, undefined]);
    // Only price and size 0 together say "empty": anything else is kept as said.
    assert.deepEqual(sides(only<BboEvent>(bboFrame({ B: "0.00000000" }))), [612.09, 0, 612.1, 0.4]);
    assert.deepEqual(sides(only<BboEvent>(bboFrame({ b: "0.00000000" }))), [0, 1.2, 612.1, 0.4]);
  });

  it("proves no gap: its channel has no continuity rule, its key is the update id", () => {
    const channel = binanceSpot.channelOf("bnbusdt@bookTicker")!;
    assert.equal(channel.continuity, undefined);
    assert.deepEqual(channel.event.sequenceKey(only<BboEvent>(bboFrame({}))), [4009, 4009]);
  });
});

describe("a spot depth change", () => {
  it("keeps the venue's order, levels of size 0, empty sides and the window of ids", () => {
    const b = [["612.00000000", "0.00000000"], ["612.50000000", "1.00000000"], ["611.00000000", "2.00000000"]];
    assert.deepEqual(only<DepthEvent>(depthFrame({ b })), {
      recvTime: NOW,
      eventTime: 1_795_000_000_123_456,
      source: "binance",
      symbol: "BNBUSDT",
      firstUpdateId: 101,
      lastUpdateId: 104,
      prevUpdateId: undefined,
      isSnapshot: false,
      bids: [[612, 0], [612.5, 1], [611, 2]],
      asks: [],
      origin: "live",
    });
    assert.deepEqual(only<DepthEvent>(depthFrame({ b: [], a: [] })).bids, []);
  });

  it("whose ids run backwards is refused: its window would lie about what it covers", () => {
    assert.equal(reasonOf(depthFrame({ U: 105, u: 104 })), "number");
    assert.equal(reasonOf(depthFrame({ U: 104, u: 104 })), "events");
  });

  it("with more than price and size in a level is read, and counted", () => {
    const codec = new Codec(binanceSpot);
    assert.deepEqual(only<DepthEvent>(depthFrame({ b: [["612.00000000", "1.00000000", []]] }), codec).bids, [[612, 1]]);
    assert.equal(codec.counts.unknownValues, 1);
    for (const level of [[], ["1"], ["1", 2], [1, "2"], "12", { 0: "1", 1: "2" }, null]) {
      assert.equal(reasonOf(depthFrame({ b: [["1", "1"], level] })), "schema", JSON.stringify(level));
    }
  });

  it("follows when it begins in what we have and ends beyond it, as windows of another socket do", () => {
    const rule = binanceSpot.channelOf("bnbusdt@depth@100ms")!.continuity!;
    assert.equal(rule([95, 100], [101, 104]), "next");
    assert.equal(rule([95, 100], [98, 104]), "next");
    assert.equal(rule([95, 100], [90, 104]), "next");
    assert.equal(rule([95, 100], [98, 100]), "duplicate");
    assert.equal(rule([95, 100], [90, 92]), "duplicate");
    assert.equal(rule([95, 100], [102, 104]), "gap");
  });
});

describe("a stream name", () => {
  it("is the symbol in lower case with the venue's suffix, symbols without case as they are", () => {
    const names = (symbol: string) => binanceSpot.channels.map((channel) => channel.stream({ symbol }));
    assert.deepEqual(names("BTCUSDT"), ["btcusdt@trade", "btcusdt@bookTicker", "btcusdt@depth@100ms"]);
    assert.deepEqual(names("这是测试币456"), ["这是测试币456@trade", "这是测试币456@bookTicker", "这是测试币456@depth@100ms"]);
  });

  it("of a stream we do not record has no channel", () => {
    const others = [
      "@trade",
      "btcusdt@aggTrade",
      "btcusdt@Trade",
      "btcusdt@depth",
      "btcusdt@depth@1000ms",
      "btcusdt@depth20@100ms",
      "a@b@trade",
    ];
    for (const name of others) assert.equal(binanceSpot.channelOf(name), undefined, name);
  });
});
