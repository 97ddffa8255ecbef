import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { Binding } from "../../src/network/binding.ts";
import { Lanes } from "../../src/network/lanes.ts";

const binding = (path: string) => ({ path, stream: path, symbol: path }) as unknown as Binding;

test("packing is stable: a stream never moves while it lives, lanes never overflow, and only lanes that gained a stream are named", () => {
  const steps = fc.array(fc.record({ add: fc.boolean(), at: fc.nat(80) }), { maxLength: 200 });
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 7 }), steps, (streamsMax, changes) => {
      const lanes = new Lanes(streamsMax);
      const laneOf = new Map<string, number>();
      for (const { add, at } of changes) {
        const path = `p${at}`;
        if (add && !laneOf.has(path)) {
          const [lane, ...others] = lanes.add([binding(path)]);
          assert.deepEqual(others, []);
          laneOf.set(path, lane!);
        } else if (!add) {
          lanes.remove([path]);
          laneOf.delete(path);
        }
        for (let lane = 0; lane < lanes.size; lane++) {
          const expected = [...laneOf].filter(([, each]) => each === lane).map(([each]) => each).sort();
          assert.deepEqual(lanes.bindings(lane).map((each) => each.path).sort(), expected);
          assert.ok(expected.length <= streamsMax);
        }
      }
    }),
    { seed: 20261124, numRuns: 300 },
  );
});

test("a universe of any size fills as few lanes as it can", () => {
  const lanes = new Lanes(300);
  lanes.add(Array.from({ length: 5_085 }, (_, i) => binding(`p${i}`)));
  assert.equal(lanes.size, 17);
});
