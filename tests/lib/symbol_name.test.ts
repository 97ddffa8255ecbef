import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { decodeSymbol, encodeSymbol } from "../../src/lib/symbol_name.ts";

const SEED = 20261124;
/** Upper case, as venues spell symbols; any Unicode but lone surrogates. */
const symbols = fc.string({ unit: "binary", minLength: 1, maxLength: 12 }).map((text) => text.toWellFormed().toUpperCase())
  .filter((text) => text === text.toUpperCase());

describe("a symbol as a folder", () => {
  it("is the symbol itself where that is plain, and escaped bytes where not", () => {
    assert.equal(encodeSymbol("BTCUSDT"), "BTCUSDT");
    assert.equal(encodeSymbol("btcusd_perp"), "BTCUSD_PERP");
    assert.equal(encodeSymbol("PURR/USDC"), "PURR%2FUSDC");
    assert.equal(encodeSymbol("币USDT"), "%E5%B8%81USDT");
    assert.equal(encodeSymbol(".HIDDEN"), "%2EHIDDEN");
    assert.equal(encodeSymbol("BTC-27DEC24.5"), "BTC-27DEC24.5");
    assert.equal(encodeSymbol("100%"), "100%25");
    assert.equal(encodeSymbol(".."), "%2E.");
  });

  it("gives the symbol back, so two symbols never share a folder", () => {
    const property = fc.property(symbols, (symbol) => assert.equal(decodeSymbol(encodeSymbol(symbol)), symbol));
    fc.assert(property, { seed: SEED, numRuns: 2_000, examples: [["\ufeffUSDT"]] });
  });

  it("is one path component that no file system misreads", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 12 }), (symbol) => {
        assert.match(encodeSymbol(symbol), /^(?:(?!\.)(?:[A-Z0-9_.-]|%[0-9A-F]{2})+)?$/);
      }),
      { seed: SEED, numRuns: 2_000 },
    );
  });

  it("of a lone surrogate is a replacement character, not an exception", () => {
    assert.equal(encodeSymbol("A\ud800"), "A%EF%BF%BD");
  });
});
