import assert from "node:assert/strict";
import process from "node:process";
import { it } from "node:test";
import fc from "fast-check";
import { compilePattern } from "../../src/agora/pattern.ts";

it("a pattern matches what its segments match, and a last ** any rest", () => {
  const segment = fc.string({ unit: fc.constantFrom("a", "b", "*"), minLength: 1, maxLength: 4 });
  const part = fc.string({ unit: fc.constantFrom("a", "b"), minLength: 1, maxLength: 5 });
  fc.assert(
    fc.property(fc.array(segment, { minLength: 1, maxLength: 4 }), fc.array(part, { minLength: 1, maxLength: 4 }), (segments, parts) => {
      const takesRest = segments.at(-1) === "**";
      const expression = (takesRest ? segments.slice(0, -1) : segments).map((each) => each.replaceAll("*", "[^/]*")).join("/");
      const rest = takesRest ? (segments.length === 1 ? ".*" : "(/.*)?") : "";
      assert.equal(compilePattern(segments.join("/")).matches(parts.join("/")), new RegExp(`^${expression}${rest}$`).test(parts.join("/")));
    }),
    { seed: 3, numRuns: 3_000 },
  );
});

it("a hostile pattern costs less than 50 µs a path", () => {
  const symbol = "A".repeat(200);
  const hostile = [
    "*A".repeat(250),
    "*".repeat(500),
    `${"*AA".repeat(66)}*B`,
    `${"*/".repeat(15)}x`,
    `${"A*".repeat(250)}B`,
    "*B".repeat(250),
  ];
  for (const text of hostile) {
    const pattern = compilePattern(text.includes("/") ? text : `*/*/${text}`);
    const paths = Array.from({ length: 2_000 }, (_, i) => `binance/trade/${symbol}${i}`);
    const from = process.cpuUsage();
    for (const path of paths) pattern.matches(path);
    const { user, system } = process.cpuUsage(from);
    assert.ok((user + system) / paths.length < 50, `${text.slice(0, 20)}…: ${(user + system) / paths.length} µs`);
  }
});
