import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { handOverText, parseHandOver } from "../../src/app/takeover/hand_over.ts";
import { Answers, parseRequest, type Request, requestText, uncovered } from "../../src/app/takeover/request.ts";
import type { DepthEvent } from "../../src/events/depth.ts";
import type { SourceState } from "../../src/network/dispatcher.ts";
import { loadRuntime } from "../../src/runtime/load.ts";
import { tempFolder } from "../support/temp_folder.ts";

const runtime = await loadRuntime(import.meta.url);
const folder = tempFolder("takeover");

const depth: DepthEvent = {
  recvTime: 1_795_000_000_123_456,
  eventTime: undefined,
  source: "binance",
  symbol: "BTCUSDT",
  firstUpdateId: 9_007_199_254_740_990,
  lastUpdateId: 9_007_199_254_740_991,
  prevUpdateId: undefined,
  isSnapshot: false,
  bids: [[0.1 + 0.2, 0], [61_685.99, 0.00017]],
  asks: [],
  origin: "live",
};

const state: SourceState = {
  paths: new Map([["binance/depth/BTCUSDT", { last: depth, held: [[depth], [depth, depth]] }], ["binance/trade/BTCUSDT", {
    last: undefined,
    held: [],
  }]]),
  holes: [{
    path: "binance/trade/BTCUSDT",
    row: { dataType: "trade", afterId: 1, beforeId: 9, missing: 7, fromTime: 1, toTime: 2, reason: "sequence" },
    rows: 3,
    filledId: 4,
  }],
  books: [{ path: "binance/depth/BTCUSDT", runFirstId: 7, due: "hole", anchoredAgoMs: 1.5, anchoredDate: "2026-11-25", anchoredId: 8 }],
};

/** Fields that are absent and fields that are undefined are the same to whoever reads an event. */
function plain(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value, (_, each: unknown) => each instanceof Map ? [...each] : each));
}

describe("takeover", () => {
  const request: Request = {
    holder: "argus 1.2.3, pid 1 on host",
    hash: "20261125T010203004Z-0a1b2c3d",
    isReady: true,
    sources: { binance: { symbols: ["BTC*", "ETHUSDT"], exclude: ["*DOWN"], types: ["bbo", "trade"] } },
  };

  it("what one recorder leaves, the next one reads as it was, every number to its last bit", () => {
    const left = { holder: "argus 1.2.3", hash: request.hash, leftTime: 1_795_000_000_000_001, sources: { binance: state } };
    const read = parseHandOver(handOverText(left));
    assert.deepEqual(plain(read), plain(left));
    assert.equal((read.sources["binance"]!.paths.get("binance/depth/BTCUSDT")!.last as DepthEvent).bids[0]![0], 0.1 + 0.2);
  });

  it("what another version left, or anybody else, is not guessed at", () => {
    const left = { holder: "", hash: "x", leftTime: 1, sources: { binance: state } };
    const text = handOverText(left);
    for (
      const other of [
        text.replace('"format":1', '"format":2'),
        text.replace('"depth/1"', '"depth/2"'),
        text.replace('"lastUpdateId":9007199254740991', '"lastUpdateId":"9007199254740991"'),
        text.replace("binance/trade/", "binance/quote/"),
        text.slice(0, -20),
        "",
      ]
    ) {
      assert.notEqual(other, text);
      assert.throws(() => parseHandOver(other));
    }
  });

  it("a request says itself what it covers", () => {
    assert.deepEqual(parseRequest(requestText(request)), request);
    assert.equal(parseRequest(requestText(request).slice(0, -9)), undefined);
    const paths = ["binance/bbo/BTCUSDT", "binance/trade/ETHUSDT", "binance/depth/BTCUSDT", "binance/bbo/BTCDOWN", "okx/bbo/BTC-USDT"];
    assert.deepEqual(uncovered(paths, request), paths.slice(2));
  });

  it("a request is accepted or taken back, never both", () => {
    for (const [first, second] of [["accepted", "withdrawn"], ["withdrawn", "accepted"]] as const) {
      const data = `${folder}/${first}`;
      const [asked, asker] = [new Answers(runtime.disk, data, request.hash), new Answers(runtime.disk, data, request.hash)];
      assert.equal(asked.isSettled, false);
      assert.equal(asked.settle(first), true);
      assert.equal(asker.settle(second), false);
      assert.equal(asker.isSettled, true);
      assert.equal(new Answers(runtime.disk, data, `${request.hash}0`).settle(second), true, "another request is another matter");
    }
  });
});
