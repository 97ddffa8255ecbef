import assert from "node:assert/strict";
import { it } from "node:test";
import fc from "fast-check";
import { canonicalPath } from "../../../src/processing/gateway/paths.ts";

const SEED = 20261124;

it("a path from a stranger never leads out of its folder, and two names never share one", () => {
  const wild = fc.oneof(fc.string({ unit: "binary", maxLength: 60 }), fc.stringMatching(/^[.%2fFeE/\\a-z]{0,30}$/));
  const seen = new Map<string, string>();
  fc.assert(
    fc.property(wild, fc.constantFrom("", "binance/bbo/", "../", "binance/"), (text, head) => {
      const path = canonicalPath(head + text);
      if (path === undefined) return;
      const parts = path.split("/");
      assert.equal(parts.length, 3);
      for (const part of parts) assert.match(part, /^(?!\.)[A-Za-z0-9_.%-]{1,200}$/);
      assert.equal(canonicalPath(path), path, "what it returns is spelt as it is");
      seen.set(path, text);
    }),
    { seed: SEED, numRuns: 5_000 },
  );
  assert.ok(seen.size > 100);
});
