import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { SegmentLedger } from "../../../src/processing/journal/segment_ledger.ts";

const segments = fc.constantFrom("a", "b", "c");
const chunks = fc.constantFrom("1", "2", "3", "4");
const steps = fc.array(
  fc.oneof(
    fc.record({ kind: fc.constant("needs" as const), segment: segments, chunk: chunks }),
    fc.record({ kind: fc.constant("merged" as const), chunk: chunks }),
  ),
  { maxLength: 40 },
);

test("a segment goes when each of its chunks is merged, and not before, in whatever order they are", () => {
  fc.assert(
    fc.property(steps, (taken) => {
      const ledger = new SegmentLedger();
      taken.forEach((step) => step.kind === "needs" ? ledger.needs(step.segment, step.chunk) : ledger.merged(step.chunk));
      const isMerged = (chunk: string, from: number) => taken.slice(from).some((step) => step.kind === "merged" && step.chunk === chunk);
      const needed = taken.flatMap((step, i) => step.kind === "needs" && !isMerged(step.chunk, i) ? [step.segment] : []);
      const known = taken.flatMap((step) => step.kind === "needs" ? [step.segment] : []);
      assert.deepEqual(ledger.spare().sort(), [...new Set(known)].filter((segment) => !needed.includes(segment)).sort());
    }),
    { seed: 1, numRuns: 1_000 },
  );
});

test("a segment that was found and holds nothing known may go, and one that went is forgotten", () => {
  const ledger = new SegmentLedger();
  ledger.add("a");
  assert.deepEqual(ledger.spare(), ["a"]);
  ledger.forget("a");
  assert.deepEqual([ledger.spare(), ledger.segments], [[], 0]);
});
