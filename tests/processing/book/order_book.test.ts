import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { DepthEvent } from "../../../src/events/depth.ts";
import type { Level } from "../../../src/events/event_type.ts";
import { sourceOf } from "../../../src/exchanges/registry.ts";
import { OrderBook } from "../../../src/processing/book/order_book.ts";

const RULE = sourceOf("binance")!.channels.find(({ event }) => event.name === "depth")!.continuity!;
const BASE = { recvTime: 1, eventTime: undefined, source: "binance", symbol: "X", prevUpdateId: undefined } as const;

/** One change of one level, as the venue numbers them: update 1 is the first. */
interface Update {
  readonly side: "bids" | "asks";
  readonly price: number;
  readonly size: number;
}

/** The venue: its book after each update, by the plainest means there are. */
class Model {
  readonly updates: readonly Update[];

  constructor(updates: readonly Update[]) {
    this.updates = updates;
  }

  at(id: number): { bids: Level[]; asks: Level[] } {
    const side = (name: Update["side"], sign: number) => {
      const prices = [...new Set(this.updates.slice(0, id).filter((each) => each.side === name).map(({ price }) => price))];
      const levels = prices.map((price): Level => [
        price,
        this.updates.slice(0, id).filter((each) => each.side === name && each.price === price).at(-1)!.size,
      ]);
      return levels.filter(([, size]) => size > 0).sort((a, b) => sign * (a[0] - b[0]));
    };
    return { bids: side("bids", -1), asks: side("asks", 1) };
  }

  whole(id: number): DepthEvent {
    return { ...BASE, ...this.at(id), firstUpdateId: undefined, lastUpdateId: id, isSnapshot: true, origin: "snapshot" };
  }

  /** Updates `from` to `to` in one message: of each level, what it came to. */
  window(from: number, to: number): DepthEvent {
    const side = (
      name: Update["side"],
    ) => [...new Map(this.updates.slice(from - 1, to).filter((each) => each.side === name).map(({ price, size }) => [price, size]))];
    return { ...BASE, bids: side("bids"), asks: side("asks"), firstUpdateId: from, lastUpdateId: to, isSnapshot: false, origin: "live" };
  }
}

const update = fc.record({
  side: fc.constantFrom("bids" as const, "asks" as const),
  price: fc.integer({ min: 1, max: 6 }),
  size: fc.nat({ max: 3 }),
});

/** What a reader may rely on after each event. */
function assertBook(book: OrderBook, model: Model): void {
  if (!book.isWhole) return;
  const { bids, asks } = model.at(book.lastUpdateId!);
  assert.deepEqual({ bids: book.bids(), asks: book.asks() }, { bids, asks });
}

test("whatever order whole books and changes come in, however old, with windows lost and cut anew: a book that is shown is the venue's", () => {
  const step = fc.oneof(
    fc.record({ kind: fc.constant("window" as const), length: fc.integer({ min: 1, max: 5 }), again: fc.nat({ max: 4 }) }),
    fc.record({ kind: fc.constant("lost" as const), length: fc.integer({ min: 1, max: 5 }) }),
    fc.record({ kind: fc.constant("whole" as const), lag: fc.nat({ max: 12 }) }),
  );
  fc.assert(
    fc.property(fc.array(update, { minLength: 60, maxLength: 60 }), fc.array(step, { minLength: 1, maxLength: 40 }), (updates, steps) => {
      const model = new Model(updates);
      const book = new OrderBook(RULE);
      let sent = 0;
      /** What the book must have: the changes of its unbroken run that a whole book may still need, and how far they and the book reach. */
      let run: (readonly [from: number, to: number])[] = [];
      let reach: number | undefined;
      for (const each of steps) {
        if (each.kind === "whole") {
          const id = Math.max(0, sent - each.lag);
          const newer = run.filter(([, to]) => to > id);
          const isTooOld = newer.length > 0 ? newer[0]![0] > id + 1 : book.isWhole && id < reach!;
          assert.equal(book.apply(model.whole(id)), isTooOld ? "stale" : "applied");
          if (isTooOld) continue;
          run = newer;
          reach = newer.at(-1)?.[1] ?? id;
        } else {
          const to = Math.min(updates.length, sent + each.length);
          const from = Math.max(1, sent + 1 - (each.kind === "window" ? each.again : 0));
          sent = to;
          if (each.kind === "lost" || from > to) continue;
          const isKnown = reach !== undefined && to <= reach;
          const isGap = reach !== undefined && from > reach + 1;
          const expected = isKnown ? "stale" : isGap ? "gap" : book.isWhole ? "applied" : "waiting";
          assert.equal(book.apply(model.window(from, to)), expected);
          if (isKnown) continue;
          run = isGap ? [[from, to]] : [...run, [from, to]];
          reach = to;
          if (isGap) assert.ok(!book.isWhole);
        }
        if (book.isWhole) assert.equal(book.lastUpdateId, reach);
        assertBook(book, model);
      }
    }),
    { seed: 1, numRuns: 3_000 },
  );
});

test("eight changes and one whole book, in every order and of every age: waiting, then the venue's book after every change", () => {
  const updates: Update[] = Array.from({ length: 8 }, (_, i) => ({ side: i % 2 === 0 ? "bids" : "asks", price: 1 + i % 3, size: i % 4 }));
  const model = new Model(updates);
  for (let first = 1; first <= 8; first++) {
    for (let cuts = 0; cuts < 1 << (8 - first); cuts++) {
      const windows: [number, number][] = [[first, first]];
      for (let id = first + 1; id <= 8; id++) {
        if ((cuts >> (id - first - 1)) & 1) windows.push([id, id]);
        else windows.at(-1)![1] = id;
      }
      for (let at = 0; at <= windows.length; at++) {
        for (let id = 0; id <= 8; id++) {
          const book = new OrderBook(RULE);
          let shown = false;
          windows.forEach(([from, to], i) => {
            if (i === at) shown = book.apply(model.whole(id)) === "applied";
            const did = book.apply(model.window(from, to));
            if (did === "gap") shown = false;
            assert.equal(book.isWhole, shown, `${first}/${cuts}/${at}/${id}: ${did}`);
            assertBook(book, model);
          });
          if (at === windows.length) shown = book.apply(model.whole(id)) === "applied";
          assert.equal(book.isWhole, shown);
          if (shown) assert.equal(book.lastUpdateId, Math.max(id, 8));
          assertBook(book, model);
          // Too old to begin with only where changes between it and the first one are missing.
          if (at > 0) assert.equal(shown, id >= first - 1);
        }
      }
    }
  }
});

test("levels the venue never took back go with the next whole book", () => {
  const book = new OrderBook(RULE);
  const model = new Model([{ side: "bids", price: 5, size: 1 }, { side: "bids", price: 4, size: 2 }]);
  book.apply(model.whole(1));
  book.apply(model.window(2, 2));
  const narrow: DepthEvent = { ...model.whole(2), bids: [[4, 2]] };
  assert.equal(book.apply(narrow), "applied");
  assert.deepEqual(book.bids(), [[4, 2]]);
});
