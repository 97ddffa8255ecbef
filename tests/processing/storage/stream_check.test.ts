import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { EventType } from "../../../src/events/event_type.ts";
import { trade, type TradeEvent } from "../../../src/events/trade.ts";
import { bbo } from "../../../src/events/bbo.ts";
import { sourceOf } from "../../../src/exchanges/registry.ts";
import { US_PER_DAY } from "../../../src/lib/time.ts";
import { StreamCheck } from "../../../src/processing/storage/stream_check.ts";
import { aTrade, NOON, tableOf } from "./support.ts";

const TRADE = trade as unknown as EventType;
const MIDNIGHT = Math.floor(NOON / US_PER_DAY) * US_PER_DAY;
const CHANNEL = sourceOf("binance")!.channels.find(({ event }) => event === trade as unknown);

function check(...days: (readonly [id: number, origin?: TradeEvent["origin"]][])[]) {
  const stream = new StreamCheck(TRADE, CHANNEL);
  return days.map((rows, day) => {
    const from = MIDNIGHT + day * US_PER_DAY;
    const table = tableOf(TRADE, rows.map(([tradeId, origin = "live"], i) => ({ ...aTrade(from + i), tradeId, origin })));
    return stream.day(table, from, from + US_PER_DAY);
  });
}

describe("StreamCheck", () => {
  it("knows the holes of a numbered stream, across days too", () => {
    const [first, second] = check([[1], [2], [5], [6]], [[7], [10]]);
    assert.deepEqual(first!.holes, [{ afterId: 2, beforeId: 5 }]);
    assert.deepEqual(second!.holes, [{ afterId: 7, beforeId: 10 }]);
    assert.deepEqual([first!.problems, second!.problems], [[], []]);
    const [, after] = check([[1]], [[4]]);
    assert.deepEqual(after!.holes, [{ afterId: 1, beforeId: 4 }]);
  });

  it("fills holes with fetched rows, wholly or in part", () => {
    const [whole] = check([[1], [5], [2, "heal"], [3, "heal"], [4, "heal"]]);
    assert.deepEqual([whole!.holes, whole!.healed, whole!.live], [[], 3, 2]);
    const [part] = check([[1], [9], [3, "heal"], [4, "heal"], [7, "heal"]]);
    assert.deepEqual(part!.holes, [{ afterId: 1, beforeId: 3 }, { afterId: 4, beforeId: 7 }, { afterId: 7, beforeId: 9 }]);
  });

  it("finds rows that stand there twice or in another order, and goes on from the right place", () => {
    const [day] = check([[1], [2], [2], [1], [3], [4, "heal"], [4, "heal"]]);
    assert.deepEqual(day!.problems, ["row 2 (2-2) stands there twice", "row 3 (1-1) stands behind 2-2", "row 6 (4) was fetched twice"]);
    assert.deepEqual(day!.holes, []);
  });

  it("asks of ids that only rise that they rise, and proves nothing else", () => {
    const stream = new StreamCheck(bbo as unknown as EventType, undefined);
    const quote = (updateId: number) => ({ ...aTrade(MIDNIGHT), updateId, bidPrice: 1, bidSize: 1, askPrice: 2, askSize: 1 });
    const { holes, problems } = stream.day(tableOf(bbo as unknown as EventType, [5, 9, 9, 40].map(quote)), MIDNIGHT, MIDNIGHT + US_PER_DAY);
    assert.deepEqual([holes, problems], [[], ["row 2 (9-9) stands there twice"]]);
  });

  it("takes a rising id that the venue sent late where it arrived, and none that moved within the file", () => {
    const quotes = (...ids: (readonly [updateId: number, recvTime: number])[]) => {
      const stream = new StreamCheck(bbo as unknown as EventType, undefined);
      const rows = ids.map(([updateId, at]) => ({ ...aTrade(MIDNIGHT + at), updateId, bidPrice: 1, bidSize: 1, askPrice: 2, askSize: 1 }));
      return stream.day(tableOf(bbo as unknown as EventType, rows), MIDNIGHT, MIDNIGHT + US_PER_DAY).problems;
    };
    assert.deepEqual(quotes([5, 1], [9, 2], [7, 3], [12, 4]), []);
    assert.deepEqual(quotes([5, 1], [9, 3], [7, 2], [12, 4]), ["row 2 (7-7) stands behind 9-9"]);
    assert.deepEqual(quotes([5, 1], [9, 2], [7, 3], [7, 4], [12, 5]), ["row 3 (7-7) stands behind 9-9"]);
    assert.deepEqual(quotes([5, 1], [9, 2], [3, 3]), ["row 2 (3-3) stands behind 9-9"]);
  });
});
