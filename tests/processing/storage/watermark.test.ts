import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { Watermark } from "../../../src/processing/storage/watermark.ts";

const hash = fc.constantFrom("20261124T101530Z-9f3a2c41", "import-e77bbd03184c8cf6", "h");
const chunks = fc.uniqueArray(fc.integer({ min: 1, max: 40 }), { maxLength: 30 });

describe("a watermark", () => {
  it("holds exactly the chunks it was given, through its text and back", () => {
    fc.assert(fc.property(fc.array(fc.tuple(hash, chunks), { maxLength: 6 }), (given) => {
      let mark = Watermark.empty();
      for (const [name, list] of given) mark = mark.with(name, list);
      const read = Watermark.parse(mark.toString())!;
      assert.equal(read.toString(), mark.toString());
      for (const name of ["20261124T101530Z-9f3a2c41", "import-e77bbd03184c8cf6", "h"]) {
        const held = new Set(given.filter(([each]) => each === name).flatMap(([, list]) => list));
        for (let chunk = 0; chunk <= 41; chunk++) assert.equal(read.has(name, chunk), held.has(chunk), `${name}:${chunk} in ${read}`);
      }
    }));
  });

  it("writes ranges, and shows a chunk that was left out", () => {
    assert.equal(Watermark.empty().with("h", [1, 2, 3]).with("g", [7]).with("h", [5, 6]).toString(), "h:1-3.5-6,g:7-7");
  });

  it("refuses what is no watermark", () => {
    for (const text of ["?", "h", "h:", "h:1", "h:1-", "h:a-b", "h:1-2,,g:1-1"]) assert.equal(Watermark.parse(text), undefined, text);
    assert.equal(Watermark.parse("")?.toString(), "");
  });
});
