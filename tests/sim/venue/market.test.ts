import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { PriceSize } from "../../../src/exchanges/dialect.ts";
import { DueQueue } from "../../../src/sim/venue/due_queue.ts";
import { eventsPerSecond, SymbolClock, ticksFor } from "../../../src/sim/venue/symbol_clock.ts";
import { ABSENT, movesBest, SymbolValues } from "../../../src/sim/venue/symbol_values.ts";

const SEED = 20261124;

function applied(side: Map<string, string>, levels: readonly PriceSize[]): void {
  for (const [price, size] of levels) {
    if (size === ABSENT) side.delete(price);
    else side.set(price, size);
  }
}

test("a book kept from windows cut anywhere is the book REST gives, and its best prices are those of bookTicker", () => {
  const property = fc.property(
    fc.integer(),
    fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 5, maxLength: 60 }),
    (seed, windows) => {
      const values = new SymbolValues(seed, "BTCUSDT");
      const bids = new Map<string, string>();
      const asks = new Map<string, string>();
      let next = 0;
      for (const length of windows) {
        const { bids: bidChanges, asks: askChanges } = values.changes(next, next + length - 1);
        applied(bids, bidChanges);
        applied(asks, askChanges);
        next += length;
      }
      const book = values.book(next - 1);
      assert.equal(book.lastUpdateId, values.firstUpdateId + next - 1);
      assert.deepEqual(new Map(book.bids), bids);
      assert.deepEqual(new Map(book.asks), asks);
      let last = next - 1;
      while (last >= 0 && !movesBest(last)) last--;
      if (last < 0) return;
      const best = values.bbo(last);
      if (best.bidSize !== ABSENT) assert.deepEqual(book.bids[0], [best.bidPrice, best.bidSize]);
      if (best.askSize !== ABSENT) assert.deepEqual(book.asks[0], [best.askPrice, best.askSize]);
    },
  );
  fc.assert(property, { seed: SEED, numRuns: 60 });
});

test("neighbours of equal values, empty sides, both aggressors and every kind of digit are there on purpose", () => {
  const values = new SymbolValues(7, "BTCUSDT", { inexactOneIn: 500 });
  const trades = Array.from({ length: 2_000 }, (_, n) => values.trade(n));
  assert(trades.some((trade, i) => i > 0 && trade.price === trades[i - 1]!.price && trade.size === trades[i - 1]!.size));
  assert.equal(new Set(trades.map((trade) => trade.isBuyerMaker)).size, 2);
  assert.equal(trades.filter((trade) => trade.size.length > 17 && Number(trade.size).toFixed(8) !== trade.size).length, 4);
  const best = Array.from({ length: 4_000 }, (_, n) => n).filter(movesBest).map((n) => values.bbo(n));
  assert(best.some((each, i) => i > 0 && `${each.bidPrice} ${each.bidSize}` === `${best[i - 1]!.bidPrice} ${best[i - 1]!.bidSize}`));
  assert(best.some(({ bidSize, askSize }) => (bidSize === ABSENT) !== (askSize === ABSENT)));
});

test("ids rise by one, times never fall, and a pause moves only what comes after it", () => {
  const clock = new SymbolClock(99, 1_000);
  clock.begin(1_000_000);
  const before = Array.from({ length: 500 }, () => clock.take());
  clock.begin(9_000_000);
  const ticks = [...before, ...Array.from({ length: 500 }, () => clock.take())];
  for (const kind of ["trade", "update"] as const) {
    assert.deepEqual(
      ticks.filter((tick) => tick.kind === kind).map(({ n }) => n),
      ticks.filter((tick) => tick.kind === kind).map((_, i) => i),
    );
  }
  ticks.forEach((tick, i) => assert(i === 0 || tick.time >= ticks[i - 1]!.time, `tick ${i}`));
  const trades = ticks.filter((tick) => tick.kind === "trade");
  trades.forEach((tick) => assert.equal(clock.tradeTime(tick.n), tick.time));
  assert(before.at(-1)!.time < 2_000_000 && ticks[500]!.time >= 9_000_000);
});

test("the rate asked for is the rate of events a subscriber gets", () => {
  for (const rate of [0.1, 5, 100, 3_000]) assert(Math.abs(eventsPerSecond(ticksFor(rate, 100), 100) / rate - 1) < 1e-6, `${rate}`);
});

test("the queue gives items by time, equal times in the order they came", () => {
  const property = fc.property(fc.array(fc.nat(20)), (times) => {
    const queue = new DueQueue<number>();
    times.forEach((time, i) => queue.put(time, i));
    const expected = times.map((time, i) => ({ time, i })).sort((a, b) => a.time - b.time || a.i - b.i).map(({ i }) => i);
    assert.deepEqual(times.map(() => queue.take()), expected);
    assert.equal(queue.take(), undefined);
  });
  fc.assert(property, { seed: SEED });
});
