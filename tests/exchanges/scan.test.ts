import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { parseDecimal } from "../../src/lib/decimal.ts";
import { Codec } from "../../src/exchanges/codec.ts";
import { Scan } from "../../src/exchanges/scan.ts";
import { bboFrame, binanceSpot, depthFrame, tradeFrame } from "./support.ts";

function scanned<T>(text: string, read: (scan: Scan) => T): { value: T; isWhole: boolean; inexact: number } {
  const scan = new Scan();
  scan.begin(text, 0);
  const value = read(scan);
  return { value, isWhole: scan.isWhole(), inexact: scan.inexactDecimals };
}

const digits = (min: number, max: number) => fc.string({ unit: fc.constantFrom(..."0123456789"), minLength: min, maxLength: max });

describe("a scan", () => {
  it("reads a decimal as Number() does, and knows as well as parseDecimal whether DOUBLE restores it", () => {
    const zeros = fc.nat(12).map((count) => "0".repeat(count));
    const texts = fc.tuple(digits(1, 20), digits(0, 18), zeros).map(([whole, part, tail]) =>
      part === "" ? whole : `${whole}.${part}${tail}`
    );
    let inexactOnes = 0;
    const property = fc.property(texts, (text) => {
      const { value, isWhole, inexact } = scanned(text, (scan) => scan.decimal());
      const expected = parseDecimal(text)!;
      assert(isWhole);
      assert(Object.is(value, expected.value) && Object.is(value, Number(text)), `${text}: ${value}`);
      assert.equal(inexact, expected.isExact ? 0 : 1, text);
      inexactOnes += inexact;
    });
    fc.assert(property, { numRuns: 20_000, seed: 20261124 });
    assert(inexactOnes > 1_000);
  });

  it("reads what is a JSON integer up to 2^53 − 1, and nothing else", () => {
    for (const text of ["0", "7", "1795000000123456", "9007199254740991"]) {
      assert.deepEqual(scanned(text, (scan) => scan.integer()), { value: Number(text), isWhole: true, inexact: 0 });
    }
    for (const text of ["", "00", "07", "-1", "1.0", "1e3", "9007199254740992", "9007199254740993", "123456789012345678901234567890"]) {
      assert.equal(scanned(text, (scan) => scan.integer()).isWhole, false, text);
    }
  });

  it("reads levels as JSON.parse does, and of a text with one other character nothing that JSON.parse does not read too", () => {
    const decimal = fc.tuple(digits(1, 6), digits(0, 8)).map(([whole, part]) => part === "" ? whole : `${whole}.${part}`);
    const lists = fc.array(fc.tuple(decimal, decimal), { maxLength: 6 });
    const change = fc.record({ at: fc.nat(200), to: fc.constantFrom(...'[]",. 07x', "") });
    let changedAndRead = 0;
    const property = fc.property(lists, change, (list, { at, to }) => {
      const text = JSON.stringify(list).slice(1);
      const whole = scanned(text, (scan) => scan.levels());
      assert(whole.isWhole);
      assert.deepEqual(whole.value, list.map((level) => level.map(Number)));
      const changed = text.slice(0, at % text.length) + to + text.slice(at % text.length + 1);
      const { value, isWhole } = scanned(changed, (scan) => scan.levels());
      if (!isWhole) return;
      assert.deepEqual(value, (JSON.parse(`[${changed}`) as string[][]).map((level) => level.map((each) => parseDecimal(each)!.value)));
      if (changed !== text) changedAndRead++;
    });
    fc.assert(property, { numRuns: 5_000, seed: 20261125 });
    assert(changedAndRead > 100, `${changedAndRead}`);
  });

  it("declines a decimal with a sign, an exponent or anything else in it", () => {
    for (const text of ["", ".", "-1", "+1", "1e3", "0x10", " 1", "1 ", "1.2.3", "Infinity", "１"]) {
      assert.equal(scanned(text, (scan) => scan.decimal()).isWhole, false, text);
    }
  });

  it("fails for good at the first thing that is not as expected", () => {
    const { isWhole } = scanned("abc", (scan) => {
      scan.literal("x");
      scan.literal("abc");
    });
    assert.equal(isWhole, false);
  });
});

describe("the codec's scanners", () => {
  it("read every frame of a known stream that is written as the first one was, and count those that are not", () => {
    for (const frame of [tradeFrame, bboFrame, depthFrame]) {
      const codec = new Codec(binanceSpot);
      const id = frame === tradeFrame ? "t" : "u";
      for (let n = 2_000; n < 2_010; n++) assert.equal(codec.decode(frame({ [id]: n }), 0).kind, "events");
      assert.equal(codec.counts.scansDeclined, 0);
      assert.equal(codec.decode(frame({ [id]: 3_000, zz: "new" }), 0).kind, "events");
      assert.equal(codec.decode(frame({ [id]: 3_001 }).replace('":', '" :'), 0).kind, "events");
      assert.deepEqual([codec.counts.scansDeclined, codec.counts.unknownFields], [1, 1]);
    }
  });
});
