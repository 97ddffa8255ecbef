import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { matchGlob } from "../../src/lib/glob.ts";

describe("a symbol pattern", () => {
  it("agrees with the regular expression it stands for", () => {
    const letters = fc.string({ unit: fc.constantFrom("a", "b", "*"), maxLength: 8 });
    const texts = fc.string({ unit: fc.constantFrom("a", "b"), maxLength: 10 });
    fc.assert(
      fc.property(letters, texts, (pattern, text) => {
        assert.equal(matchGlob(pattern, text), new RegExp(`^${pattern.replaceAll("*", ".*")}$`).test(text));
      }),
      { seed: 2, numRuns: 2_000 },
    );
  });

  it("takes signs as themselves", () => {
    assert.ok(matchGlob("A.B+*", "A.B+1"));
    assert.ok(!matchGlob("A.B", "AxB"));
  });

  it("of a thousand stars costs no more than reading the text a thousand times", () => {
    assert.equal(matchGlob(`${"*a".repeat(1_000)}*b`, "a".repeat(20_000)), false);
  });
});
