import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { formatDuration, parseDuration } from "../../src/lib/duration.ts";

describe("a duration", () => {
  it("reads each unit", () => {
    assert.deepEqual(["250ms", "30s", "1m", "12h", "7d", "0s"].map(parseDuration), [250, 30_000, 60_000, 43_200_000, 604_800_000, 0]);
  });

  it("is nothing but digits and one unit", () => {
    for (const text of ["", "1", "m", "1.5h", "-1s", "1 m", "1h30m", "1M", "1e3s", "999999999999999d", "٣s"]) {
      assert.equal(parseDuration(text), undefined, text);
    }
  });

  it("survives being written and read for every millisecond count", () => {
    fc.assert(fc.property(fc.nat({ max: 2 ** 40 }), (ms) => assert.equal(parseDuration(formatDuration(ms)), ms)), { seed: 1 });
  });
});
