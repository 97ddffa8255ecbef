import assert from "node:assert/strict";
import { it } from "node:test";
import { SeededRandom } from "../../src/sim/world/seeded_random.ts";
import { nearest, nearestOf } from "../../src/lib/nearest.ts";

it("a slip of the finger finds the word, another word finds nothing", () => {
  const keys = ["data_path", "flush_interval", "gateway.listen"];
  assert.equal(nearest("flush_intervl", keys), "flush_interval");
  assert.equal(nearest("DATAPATH", keys), "data_path");
  assert.equal(nearest("zebra", keys), undefined);
  assert.equal(nearest("anything", []), undefined);
});

it("several come closest first, as the whole table of edits has them", () => {
  const random = new SeededRandom(4, "nearest");
  const word = () => Array.from({ length: 3 + random.below(12) }, () => "abc"[random.below(3)]).join("");
  for (let round = 0; round < 200; round++) {
    const [text, words] = [word(), Array.from({ length: 40 }, word)];
    const max = Math.min(8, Math.max(2, Math.floor(text.length / 3)));
    const expected = words.map((each) => ({ each, edits: edits(text, each) })).filter(({ edits }) => edits <= max)
      .sort((a, b) => a.edits - b.edits).slice(0, 5);
    assert.deepEqual(nearestOf(text, words, 5), expected.map(({ each }) => each));
  }
});

function edits(a: string, b: string): number {
  const table = Array.from(
    { length: a.length + 1 },
    (_, i) => Array.from({ length: b.length + 1 }, (_, j) => i === 0 ? j : j === 0 ? i : 0),
  );
  for (let i = 1; i <= a.length; i++) {
    for (let j = 1; j <= b.length; j++) {
      table[i]![j] = Math.min(table[i - 1]![j]! + 1, table[i]![j - 1]! + 1, table[i - 1]![j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1));
    }
  }
  return table[a.length]![b.length]!;
}
