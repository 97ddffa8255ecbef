import assert from "node:assert/strict";
import { test } from "node:test";
import type { Level } from "../../../src/events/event_type.ts";
import { LayeredSide } from "../../../src/processing/book/layered_side.ts";
import type { PriceWords } from "../../../src/processing/book/packed_levels.ts";
import { SeededRandom } from "../../../src/sim/world/seeded_random.ts";

/** Words as rows said them, a price twice now and then; and which sizes were asked for. */
function wordsOf(levels: readonly Level[], asked: number[] = []): PriceWords {
  const prices = Float64Array.from(levels, ([price]) => price);
  return { prices, size: (index) => (asked.push(index), levels[index]![1]) };
}

test("the best levels of a side are those of who applied every layer, however many of the best prices were taken back", () => {
  const random = new SeededRandom(3, "layers");
  for (let round = 0; round < 120; round++) {
    const side = new LayeredSide();
    const heard = new Map<number, number>();
    const apply = (levels: readonly Level[]) =>
      levels.forEach(([price, size]) => size === 0 ? heard.delete(price) : heard.set(price, size));
    const spread = 50 + random.below(3_000);
    const levels = (count: number): Level[] =>
      Array.from({ length: random.below(count) }, () => {
        const price = 1_000 + random.below(spread);
        const isGone = random.below(round % 3 === 0 ? 2 : 8) === 0 || price > 1_000 + spread * (round % 4) / 4;
        return [price / 8, isGone ? 0 : 1 + random.below(9)];
      });
    const whole = levels(2_000).filter(([, size]) => size > 0);
    apply(whole);
    side.begin(round % 2 === 0 ? whole : wordsOf(whole));
    for (let layer = random.below(6); layer > 0; layer--) {
      const words = levels(4_000);
      apply(words);
      if (random.below(5) === 0) side.apply(words);
      else side.lay([wordsOf(words)]);
    }
    for (const count of [1, 20, 700, 0, Infinity, 5]) {
      for (const sign of [1, -1] as const) {
        const expected = [...heard].sort((a, b) => sign * (a[0] - b[0])).slice(0, count);
        assert.deepEqual(side.best(count, sign), expected, `round ${round}, ${count} levels`);
      }
    }
  }
});

test("the best levels are told without asking for the sizes of those behind them", () => {
  const asked: number[] = [];
  const words = Array.from({ length: 20_000 }, (_, i): Level => [1 + (i * 7_919) % 20_000, i % 10 === 0 ? 0 : i]);
  const side = new LayeredSide();
  side.begin(wordsOf(words, asked));
  assert.equal(side.best(20, 1).length, 20);
  assert.ok(asked.length < 40, `${asked.length} sizes`);
});
