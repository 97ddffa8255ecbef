import assert from "node:assert/strict";
import * as path from "node:path";
import { test } from "node:test";
import fc from "fast-check";
import { sourceOf } from "../../src/exchanges/registry.ts";
import type { Instrument } from "../../src/exchanges/source.ts";
import { bindingsOf } from "../../src/network/binding.ts";
import { dayFilePath } from "../../src/processing/storage/paths.ts";

const SEED = 20261124;
const NAMES = 50_000;
const source = sourceOf("binance")!;
const ALL = { symbols: ["*"], exclude: [], types: ["trade"] };

/** Names a venue, or whoever stands between, might send: paths, devices, control characters, other scripts, and plain noise. */
const PIECES = [
  "..",
  ".",
  "/",
  "\\",
  "%2F",
  "%",
  "~",
  "\0",
  "\n",
  "CON",
  "NUL",
  " ",
  "@109",
  ":",
  "*",
  "-",
  "_",
  "BTC",
  "USDT",
  "币",
  "İ",
  "ß",
  "\u202e",
  "\ufeff",
  "👀",
  "\ud800",
];
const name = fc.oneof(
  fc.array(fc.constantFrom(...PIECES), { minLength: 1, maxLength: 12 }).map((pieces) => pieces.join("")),
  fc.string({ unit: "binary", minLength: 1, maxLength: 40 }),
);

function instrument(symbol: string): Instrument {
  return { symbol, base: "A", quote: "B", kind: "spot", status: "TRADING", isLive: true, tickSize: undefined, lotSize: undefined };
}

test(`of ${NAMES} names none leaves the data path, no two share a folder, and what is refused is named`, () => {
  const names = new Set(fc.sample(name, { seed: SEED, numRuns: NAMES }));
  const refused = new Set<string>();
  const bindings = bindingsOf(source, [...names].map(instrument), ALL, (symbol) => refused.add(symbol));
  const root = path.resolve("/data");
  for (const { path: agoraPath, symbol } of bindings.values()) {
    const file = path.resolve(dayFilePath(root, agoraPath, "2026-11-24"));
    assert.ok(file.startsWith(`${root}/binance/trade/`), `${JSON.stringify(symbol)} becomes ${file}`);
    assert.equal(agoraPath.split("/").length, 3, `${JSON.stringify(symbol)} becomes ${agoraPath}`);
    assert.match(agoraPath, /^[\w./%-]+$/);
  }
  assert.equal(bindings.size + refused.size, names.size);
  assert.ok(bindings.size > NAMES / 4, `${bindings.size}`);
});
