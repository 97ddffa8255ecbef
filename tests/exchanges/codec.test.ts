import assert from "node:assert/strict";
import { describe, it } from "node:test";
import * as v from "valibot";
import type { TradeEvent } from "../../src/events/trade.ts";
import { binanceSpot, frameOf, tradeFrame } from "./support.ts";
import { Codec } from "../../src/exchanges/codec.ts";
import type { Channel, Source } from "../../src/exchanges/source.ts";

const NOW = 1_795_000_000_200_000;

describe("the codec", () => {
  it("keeps nothing of one frame in the events of another", () => {
    const codec = new Codec(binanceSpot);
    const first = codec.decode(tradeFrame({ t: 1 }), NOW);
    const before = structuredClone(first.kind === "events" ? first.events : []);
    codec.decode(tradeFrame({ t: 2, s: "ETHUSDT", p: "9.00000000" }, "ethusdt@trade"), NOW + 1);
    assert.deepEqual(first.kind === "events" && first.events, before);
    assert.equal(before.length, 1);
  });

  it("says how many decimals of this frame DOUBLE cannot restore, and sums them up", () => {
    const codec = new Codec(binanceSpot);
    for (const [frame, sum] of [[2, 2], [0, 2], [1, 3]] as const) {
      const p = frame > 0 ? "9223372036.12345678" : "1.00000000";
      const q = frame > 1 ? "9007199254740993.00000000" : "1.00000000";
      const decoded = codec.decode(tradeFrame({ p, q }), NOW);
      assert.equal(decoded.kind === "events" && decoded.inexactDecimals, frame);
      assert.equal(codec.counts.inexactDecimals, sum);
    }
  });

  it("counts times more than a day off and leaves them as they are", () => {
    const codec = new Codec(binanceSpot);
    const DAY = 86_400_000_000;
    for (
      const [T, off] of [[NOW, 0], [NOW - DAY, 0], [NOW + DAY, 0], [NOW - DAY - 1, 1], [NOW + DAY + 1, 2], [0, 3], [
        NOW / 1_000,
        4,
      ]] as const
    ) {
      const decoded = codec.decode(tradeFrame({ T }), NOW);
      assert.equal(decoded.kind === "events" && decoded.events[0]!.eventTime, T);
      assert.equal(codec.counts.timesOff, off, String(T));
    }
  });

  it("reads times in the unit it was told, whatever they look like", () => {
    const ms = new Codec(binanceSpot, { timeUnit: "ms" }).decode(tradeFrame({ T: 1_795_000_000_121 }), NOW);
    assert.equal(ms.kind === "events" && ms.events[0]!.eventTime, 1_795_000_000_121_000);
    // 16 digits of milliseconds are no safe integer as µs: refused, not cut.
    const us = new Codec(binanceSpot, { timeUnit: "ms" }).decode(tradeFrame({ T: 1_795_000_000_121_987 }), NOW);
    assert(us.kind === "bad" && us.error.reason === "number");
  });

  it("stamps origin, source and symbol", () => {
    const decoded = new Codec(binanceSpot, { origin: "heal" }).decode(tradeFrame({}), NOW);
    const [event] = decoded.kind === "events" ? decoded.events as TradeEvent[] : [];
    assert.deepEqual([event?.origin, event?.source, event?.symbol, event?.recvTime], ["heal", "binance", "BNBUSDT", NOW]);
  });

  it("refuses a payload whose symbol is not the stream's, also on a stream it knows", () => {
    const codec = new Codec(binanceSpot);
    for (let i = 0; i < 2; i++) {
      const wrong = codec.decode(tradeFrame({ s: "ETHUSDT" }), NOW);
      assert(wrong.kind === "bad" && wrong.error.reason === "symbol");
      assert.equal(codec.decode(tradeFrame({}), NOW).kind, "events");
    }
  });

  it("names the reason of what it cannot read", () => {
    const codec = new Codec(binanceSpot);
    const cases = [
      ["{nope", "json"],
      ["[]", "shape"],
      [frameOf("bnbusdt@aggTrade", {}), "unknown_stream"],
      [tradeFrame({ t: "7" }), "schema"],
      [tradeFrame({ p: "0x10" }), "number"],
      [tradeFrame({ s: "X" }), "symbol"],
    ] as const;
    for (const [text, reason] of cases) {
      const decoded = codec.decode(text, NOW);
      assert(decoded.kind === "bad", text);
      assert.equal(decoded.error.reason, reason, decoded.error.message);
    }
    const schema = codec.decode(tradeFrame({ t: "7" }), NOW);
    assert(
      schema.kind === "bad" && schema.error.message.startsWith("bnbusdt@trade: t: expected number"),
      "the message names stream and field",
    );
  });

  it("turns whatever a channel throws into a bad frame", () => {
    const thrower = (thrown: unknown): Source => ({
      ...binanceSpot,
      channelOf: (stream) => ({
        ...binanceSpot.channelOf(stream)!,
        ofJson: () => {
          throw thrown;
        },
      }),
    });
    for (const thrown of [new TypeError("x is undefined"), "text", undefined]) {
      const decoded = new Codec(thrower(thrown)).decode(tradeFrame({}), NOW);
      assert(decoded.kind === "bad" && decoded.error.reason === "shape" && decoded.error.cause === thrown);
    }
  });

  it("forgets streams beyond a limit, so that a venue's made-up names cost bounded memory", () => {
    let asked = 0;
    const channel = countingChannel(() => asked++);
    const codec = new Codec({ ...binanceSpot, channelOf: () => channel });
    const say = (name: string) => assert.equal(codec.decode(frameOf(name, { s: name }), NOW).kind, "events");
    say("first");
    say("first");
    assert.equal(asked, 1, "a stream it knows is not looked at again");
    for (let i = 0; i < 70_000; i++) say(`s${i}`);
    say("first");
    assert.equal(asked, 70_002, "after 70,000 others it is unknown again");
  });
});

/** A channel whose streams are called like their symbols. */
function countingChannel(asked: () => void): Channel<TradeEvent, { s: string }> {
  const { event } = binanceSpot.channels[0]!;
  const stream = ({ symbol }: { symbol: string }) => {
    asked();
    return symbol;
  };
  return { event, stream, matches: () => true, symbolOf: ({ s }) => s, raw: v.object({ s: v.string() }), ofJson: () => [] };
}
