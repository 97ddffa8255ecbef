import assert from "node:assert/strict";
import { sourceOf } from "../../src/exchanges/registry.ts";
import type { Source } from "../../src/exchanges/source.ts";

export const binanceSpot: Source = sourceOf("binance") ?? assert.fail("no source binance");

export function frameOf(stream: string, data: unknown): string {
  return JSON.stringify({ stream, data });
}

const TRADE = {
  e: "trade",
  E: 1_795_000_000_123_456,
  s: "BNBUSDT",
  t: 1001,
  p: "612.10000000",
  q: "0.25000000",
  T: 1_795_000_000_121_987,
  m: false,
  M: true,
};

/** A trade as the venue says it, with some fields replaced. */
export function tradeFrame(changes: Readonly<Record<string, unknown>>, stream = "bnbusdt@trade"): string {
  return frameOf(stream, { ...TRADE, ...changes });
}

const BBO = { u: 4009, s: "BNBUSDT", b: "612.09000000", B: "1.20000000", a: "612.10000000", A: "0.40000000" };

export function bboFrame(changes: Readonly<Record<string, unknown>>, stream = "bnbusdt@bookTicker"): string {
  return frameOf(stream, { ...BBO, ...changes });
}

const DEPTH = { e: "depthUpdate", E: 1_795_000_000_123_456, s: "BNBUSDT", U: 101, u: 104, b: [["612.00000000", "0.00000000"]], a: [] };

export function depthFrame(changes: Readonly<Record<string, unknown>>, stream = "bnbusdt@depth@100ms"): string {
  return frameOf(stream, { ...DEPTH, ...changes });
}
