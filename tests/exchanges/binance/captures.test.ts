import assert from "node:assert/strict";
import * as fs from "node:fs";
import { describe, it } from "node:test";
import { gunzipSync } from "node:zlib";
import { Codec, type Decoded } from "../../../src/exchanges/codec.ts";
import { binanceSpot } from "../support.ts";
import { skipWithout } from "./shared_data.ts";

const CAPTURES = ["binance-spot-btcusdt-20240808.gz", "binance-spot-btcusdt-20240809.gz"];
/** Counted in the files with grep. */
const EXPECTED = { trade: 19_904, bbo: 73_174, depth: 6_495, other: 1 };

// The independent reading: whole lines by regular expression, numbers by Number(). It shares nothing with the codec, JSON.parse included.
const NUMBER = String.raw`(\d+\.\d{8})`;
const TRADE = new RegExp(
  String
    .raw`^\{"stream":"btcusdt@trade","data":\{"e":"trade","E":(\d{13}),"s":"BTCUSDT","t":(\d+),"p":"${NUMBER}","q":"${NUMBER}","T":(\d{13}),"m":(true|false),"M":true\}\}$`,
);
const BBO = new RegExp(
  String
    .raw`^\{"stream":"btcusdt@bookTicker","data":\{"u":(\d+),"s":"BTCUSDT","b":"${NUMBER}","B":"${NUMBER}","a":"${NUMBER}","A":"${NUMBER}"\}\}$`,
);
const DEPTH =
  /^\{"stream":"btcusdt@depth@100ms","data":\{"e":"depthUpdate","E":(\d{13}),"s":"BTCUSDT","U":(\d+),"u":(\d+),"b":\[([^{}]*)\],"a":\[([^{}]*)\]\}\}$/;
const LEVEL = new RegExp(String.raw`\["${NUMBER}","${NUMBER}"\],?`, "y");

const { streamSpan: _, ...withoutScanners } = binanceSpot;

interface Read {
  readonly type: keyof typeof EXPECTED;
  readonly fields: Readonly<Record<string, unknown>>;
}

function independently(text: string): Read {
  const bbo = BBO.exec(text);
  if (bbo !== null) {
    const [updateId, bidPrice, bidSize, askPrice, askSize] = bbo.slice(1).map(Number);
    return { type: "bbo", fields: { eventTime: undefined, updateId, bidPrice, bidSize, askPrice, askSize } };
  }
  const trade = TRADE.exec(text);
  if (trade !== null) {
    const [, , tradeId, price, size, time, isBuyerMaker] = trade;
    const fields = {
      eventTime: Number(`${time}000`),
      tradeId: Number(tradeId),
      tradeKey: undefined,
      price: Number(price),
      size: Number(size),
    };
    return { type: "trade", fields: { ...fields, side: isBuyerMaker === "true" ? "sell" : "buy" } };
  }
  const depth = DEPTH.exec(text);
  if (depth !== null) {
    const [, time, first, last, bids, asks] = depth;
    const ids = { firstUpdateId: Number(first), lastUpdateId: Number(last), prevUpdateId: undefined, isSnapshot: false };
    return { type: "depth", fields: { eventTime: Number(`${time}000`), ...ids, bids: levels(bids!), asks: levels(asks!) } };
  }
  assert.match(text, /^\{"lastUpdateId":\d+,"bids":\[\[/);
  return { type: "other", fields: {} };
}

function levels(text: string): number[][] {
  const found: number[][] = [];
  LEVEL.lastIndex = 0;
  while (LEVEL.lastIndex < text.length) {
    const [, price, size] = LEVEL.exec(text) ?? assert.fail(`no level: ${text.slice(0, 80)}`);
    found.push([Number(price), Number(size)]);
  }
  return found;
}

function linesOf(file: string): [ns: string, text: string][] {
  const text = gunzipSync(fs.readFileSync(file)).toString("utf8");
  return text.trimEnd().split("\n").map((line) => [line.slice(0, 19), line.slice(20)]);
}

function typeOf(decoded: Decoded): string {
  if (decoded.kind === "events") return decoded.channel.event.name;
  return decoded.kind === "control" ? decoded.classified.kind : `bad: ${decoded.error.message}`;
}

/** Recordings with frames of other streams, of futures and of other years: nobody scans them, or both ways agree. */
const FOREIGN = ["binance-usdm-btcusdt-20240808.gz", "rawlog-binance-ws-1-0.gz", "rawlog-binance_futures-ws-1-0.gz"];

describe("frames of other streams, markets and years", () => {
  for (const name of FOREIGN) {
    it(`${name}: scanned or parsed, the outcome is the same`, () => {
      const file = skipWithout(name);
      if (file === undefined) return;
      const [codec, parser] = [new Codec(binanceSpot, { timeUnit: "ms" }), new Codec(withoutScanners, { timeUnit: "ms" })];
      let events = 0;
      for (const text of framesOf(file)) {
        const [scanned, parsed] = [codec.decode(text, 0), parser.decode(text, 0)];
        if (!isSame(outcome(scanned), outcome(parsed))) assert.deepEqual(outcome(scanned), outcome(parsed), text);
        if (scanned.kind === "events") events++;
      }
      assert(events > 50, `only ${events} frames decode`);
    });
  }
});

/** Whatever stands behind the receive time of a line. */
function framesOf(file: string): string[] {
  const lines = gunzipSync(fs.readFileSync(file)).toString("utf8").split("\n");
  return lines.flatMap((line) => line.includes("{") ? [line.slice(line.indexOf("{"))] : []);
}

function outcome(decoded: Decoded): unknown {
  return decoded.kind === "bad" ? [decoded.error.reason, decoded.error.message] : decoded;
}

describe("eleven minutes of Binance spot around midnight of 2024-08-09", () => {
  it("decode to what the text says: every line, every field, no decimal inexact, ids without a hole", () => {
    const files = CAPTURES.map(skipWithout);
    if (files.includes(undefined)) return;
    const codec = new Codec(binanceSpot, { timeUnit: "ms" });
    const parser = new Codec(withoutScanners, { timeUnit: "ms" });
    const counts: Record<string, number> = {};
    const last: Record<string, number> = {};
    let days = new Set<string>();
    for (const [ns, text] of files.flatMap((file) => linesOf(file!))) {
      const recvTime = Number(ns.slice(0, 16));
      const expected = independently(text);
      const decoded = codec.decode(text, recvTime);
      if (typeOf(decoded) !== expected.type) assert.fail(`expected ${expected.type}, found ${typeOf(decoded)}: ${text.slice(0, 200)}`);
      counts[expected.type] = (counts[expected.type] ?? 0) + 1;
      if (decoded.kind !== "events") continue;
      const [event] = decoded.events as unknown as Record<string, unknown>[];
      const whole: Record<string, unknown> = { recvTime, source: "binance", symbol: "BTCUSDT", origin: "live", ...expected.fields };
      if (!isSame(event!, whole)) assert.deepEqual(event, whole);
      const parsed = parser.decode(text, recvTime);
      if (!isSame(decoded, parsed)) assert.deepEqual(decoded, parsed);
      follows(expected, last);
      days = days.add(new Date(recvTime / 1_000).toISOString().slice(0, 10));
    }
    assert.deepEqual(counts, EXPECTED);
    assert.deepEqual([...days], ["2024-08-08", "2024-08-09"]);
    assert.deepEqual(codec.counts, { inexactDecimals: 0, timesOff: 0, unknownValues: 0, unknownFields: 0, scansDeclined: 0 });
  });
});

/** Trade ids and depth windows touch, update ids of the best prices rise: across midnight and the two files too. */
function follows({ type, fields }: Read, last: Record<string, number>): void {
  const [first, end] = type === "depth"
    ? [fields["firstUpdateId"], fields["lastUpdateId"]]
    : Array(2).fill(fields["tradeId"] ?? fields["updateId"]) as unknown[];
  const before = last[type];
  const isRight = before === undefined || (type === "bbo" ? Number(first) > before : first === before + 1);
  if (!isRight) assert.fail(`${type}: ${String(first)} after ${before}`);
  last[type] = Number(end);
}

/** deepEqual of a hundred thousand events is most of the test's time. */
function isSame(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  const keys = Object.keys(a);
  return keys.length === Object.keys(b).length &&
    keys.every((key) => key in b && isSame((a as Record<string, unknown>)[key], (b as Record<string, unknown>)[key]));
}
