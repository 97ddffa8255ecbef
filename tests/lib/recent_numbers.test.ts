import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { RecentNumbers } from "../../src/lib/recent_numbers.ts";

const KEPT = 64;

test("a number is lacking where it is none of the last 64 and not older than all of them: of what is older nothing is known", () => {
  const added = fc.array(fc.nat(300), { maxLength: 200 });
  const property = fc.property(added, fc.array(fc.nat(300), { minLength: 1, maxLength: 20 }), (numbers, asked) => {
    const recent = new RecentNumbers();
    for (const number of numbers) recent.add(number);
    const last = numbers.slice(-KEPT);
    for (const number of asked) {
      assert.equal(recent.lacks(number), !last.includes(number) && number > Math.min(...last), `${number} of ${last.join(" ")}`);
    }
  });
  fc.assert(property, { seed: 1, numRuns: 1_000 });
});
