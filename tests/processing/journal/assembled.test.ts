import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { EventType } from "../../../src/events/event_type.ts";
import { trade, type TradeEvent } from "../../../src/events/trade.ts";
import { assembled } from "../../../src/processing/journal/assembled.ts";
import { aTrade, eventsOf, NOON, tableOf } from "../storage/support.ts";

const TRADE = trade as unknown as EventType;
const ROWS_MAX = 40;
const FIRST_ID = 1_000;
const rows = Array.from({ length: ROWS_MAX }, (_, i): TradeEvent => ({ ...aTrade(NOON + 10 * i), tradeId: FIRST_ID + i }));

const part = fc.tuple(fc.nat(ROWS_MAX - 1), fc.integer({ min: 1, max: 12 }))
  .map(([first, length]) => ({ first, end: Math.min(ROWS_MAX, first + length) }));

test("of a chunk written in parts, some of them again, each row is there once and in order, and what is missing is between two stretches", () => {
  fc.assert(
    fc.property(fc.array(part, { minLength: 1, maxLength: 12 }), (written) => {
      const parts = written.map(({ first, end }) => ({ first, table: tableOf(TRADE, rows.slice(first, end)) }));
      const { table, stretches } = assembled(TRADE, parts);
      const isThere = rows.map((_, i) => written.some(({ first, end }) => i >= first && i < end));
      assert.deepEqual(eventsOf(TRADE, table), rows.filter((_, i) => isThere[i]));
      const firsts = rows.flatMap((_, i) => isThere[i] && !isThere[i - 1] ? [i] : []);
      const lasts = rows.flatMap((_, i) => isThere[i] && !isThere[i + 1] ? [i] : []);
      assert.deepEqual(
        stretches,
        firsts.map((first, i) => ({
          first,
          end: lasts[i]! + 1,
          firstId: rows[first]!.tradeId,
          lastId: rows[lasts[i]!]!.tradeId,
          firstTime: rows[first]!.recvTime,
          lastTime: rows[lasts[i]!]!.recvTime,
        })),
      );
    }),
    { seed: 1, numRuns: 500 },
  );
});
