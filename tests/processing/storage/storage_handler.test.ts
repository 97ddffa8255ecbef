import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Agora } from "../../../src/agora/agora.ts";
import type { EventType } from "../../../src/events/event_type.ts";
import { trade } from "../../../src/events/trade.ts";
import { US_PER_DAY } from "../../../src/lib/time.ts";
import { RUN_NUMBERS } from "../../../src/processing/journal/batch.ts";
import { StorageHandler, type StorageHandlerOptions } from "../../../src/processing/storage/storage_handler.ts";
import { ManualTimers } from "../../support/manual_timers.ts";
import { aTrade, eventsOf, NOON } from "./support.ts";

const PATH = "binance/trade/BTCUSDT";
const MIDNIGHT = (Math.floor(NOON / US_PER_DAY) + 1) * US_PER_DAY;

/** A handler in time moved by hand, and what it hands over. */
function handling(options: StorageHandlerOptions = { flushIntervalMs: 60_000, sealRows: 1 }, startTime = NOON) {
  const timers = new ManualTimers();
  const put: { path: string; chunk: number; ids: (number | undefined)[] }[] = [];
  const clock = { wallTime: () => startTime + timers.nowMs * 1_000, monotonicMs: () => timers.nowMs };
  const handler = new StorageHandler({ clock, timers }, trade, {
    put: (path, chunk, table) => {
      put.push({
        path,
        chunk,
        ids: eventsOf(trade as unknown as EventType, table).map((event) => (event as ReturnType<typeof aTrade>).tradeId),
      });
    },
  }, options);
  return { handler, timers, put };
}

describe("StorageHandler", () => {
  it("seals every stream once an interval where one row is enough, with chunks numbered per stream", async () => {
    const { handler, timers, put } = handling();
    const [one, two, other] = [aTrade(), aTrade(), aTrade(NOON, "ETHUSDT")];
    handler.append(PATH, one);
    handler.append("binance/trade/ETHUSDT", other);
    assert.deepEqual(put, []);
    await timers.advance(60_000);
    handler.append(PATH, two);
    await timers.advance(60_000);
    await timers.advance(600_000);
    assert.deepEqual(put.filter(({ path }) => path === PATH), [
      { path: PATH, chunk: 1, ids: [one.tradeId] },
      { path: PATH, chunk: 2, ids: [two.tradeId] },
    ]);
    assert.deepEqual(put.filter(({ path }) => path !== PATH), [{ path: "binance/trade/ETHUSDT", chunk: 1, ids: [other.tradeId] }]);
  });

  it("spreads thousands of streams over the interval: no look seals more than its part of them", async () => {
    const { handler, timers, put } = handling();
    for (let i = 0; i < 3_200; i++) handler.append(`binance/trade/S${i}`, aTrade(NOON, `S${i}`));
    const counts: number[] = [];
    for (let look = 0; look < 16; look++) {
      const before = put.length;
      await timers.advance(3_750);
      counts.push(put.length - before);
    }
    assert.equal(put.length, 3_200);
    assert.ok(Math.max(...counts) < 300, `${counts}`);
  });

  it("a row received one microsecond before midnight is in that day's chunk, the next one is not", async () => {
    const { handler, timers, put } = handling();
    const days = [aTrade(MIDNIGHT - 1), aTrade(MIDNIGHT), aTrade(MIDNIGHT + 1)];
    for (const event of days) handler.append(PATH, event);
    assert.deepEqual(put, [{ path: PATH, chunk: 1, ids: [days[0]!.tradeId] }]);
    await timers.advance(60_000);
    assert.deepEqual(put[1], { path: PATH, chunk: 2, ids: [days[1]!.tradeId, days[2]!.tradeId] });
  });

  it("a clock set back over midnight puts rows into the day they say", () => {
    const { handler, put } = handling();
    const [late, early] = [aTrade(MIDNIGHT), aTrade(MIDNIGHT - 1)];
    handler.append(PATH, late);
    handler.append(PATH, early);
    [...handler.sealEach()];
    assert.deepEqual(put.map(({ ids }) => ids), [[late.tradeId], [early.tradeId]]);
  });

  it("a small young stream waits, for rows, for age, or for midnight", async () => {
    const { handler, timers, put } = handling({ flushIntervalMs: 60_000, sealRows: 3 }, MIDNIGHT - 150_000_000);
    handler.append(PATH, aTrade(MIDNIGHT - 150_000_000));
    await timers.advance(120_000);
    assert.equal(put.length, 0);
    await timers.advance(60_000);
    assert.equal(put.length, 1, "midnight passed, the row's day is over");
    handler.append(PATH, aTrade(MIDNIGHT + 40_000_000));
    await timers.advance(120_000);
    assert.equal(put.length, 1);
    await timers.advance(240_000);
    assert.equal(put.length, 2, "five intervals old");
    for (let i = 0; i < 3; i++) handler.append(PATH, aTrade(MIDNIGHT + 500_000_000));
    await timers.advance(60_000);
    assert.equal(put.length, 3, "three rows");
  });

  it("a burst is sealed without waiting for the tick, by stream and in sum, and loses nothing", () => {
    const { handler, put } = handling({ flushIntervalMs: 60_000, chunkRowsMax: 10, bufferedBytesMax: 3_000 });
    const sent = Array.from({ length: 100 }, (_, i) => aTrade(NOON + i, i % 3 === 0 ? "A" : `B${i % 7}`));
    for (const event of sent) handler.append(`binance/trade/${event.symbol}`, event);
    assert.ok(handler.rowsBuffered < 40);
    [...handler.sealEach()];
    assert.deepEqual(put.flatMap(({ ids }) => ids).sort((a, b) => a! - b!), sent.map(({ tradeId }) => tradeId));
    assert.ok(put.every(({ ids }) => ids.length <= 10));
    assert.equal(handler.rows, 100);
  });

  it("gives the journal each row once, whatever was sealed between two looks, and all that is buffered after a rewind", () => {
    const { handler } = handling({ chunkRowsMax: 5 });
    const given: string[] = [];
    const collect = () => {
      const gathered = handler.collect();
      if (gathered === undefined) return;
      const { batch, paths } = gathered;
      assert.equal(batch.paths, paths.join("\n"));
      let row = 0;
      const ids = eventsOf(trade as unknown as EventType, batch.table).map((event) => (event as ReturnType<typeof aTrade>).tradeId);
      for (const [i, path] of paths.entries()) {
        const [chunk, before, first, rows] = batch.runs.subarray(RUN_NUMBERS * i);
        for (let j = 0; j < rows!; j++) given.push(`${path} ${chunk} ${before! + first! + j} ${ids[row++]}`);
      }
      assert.equal(row, batch.table.rows);
    };
    const sent = Array.from({ length: 40 }, (_, i) => aTrade(NOON + i, i % 4 === 0 ? "B" : "A"));
    const rows: Record<string, number> = {};
    const expected: string[] = [];
    for (const [i, event] of sent.entries()) {
      const path = `binance/trade/${event.symbol}`;
      const row = rows[path] ?? 0;
      rows[path] = row + 1;
      expected.push(`${path} ${1 + Math.floor(row / 5)} ${row} ${event.tradeId}`);
      handler.append(path, event);
      if (i % 7 === 3) collect();
    }
    collect();
    assert.deepEqual([...given].sort(), [...expected].sort());
    given.length = 0;
    handler.append(PATH, aTrade());
    handler.rewind();
    collect();
    const buffered = Object.values(rows).reduce((sum, count) => sum + count % 5, 0) + 1;
    assert.equal(given.length, buffered);
  });

  it("has every event of the paths it follows when publishing returns, of those that open later and open again too", async () => {
    const { handler, timers, put } = handling();
    const agora = new Agora(timers);
    const early = agora.open(PATH, trade);
    handler.follow(agora, "*/trade/*");
    const late = agora.open("binance/trade/ETHUSDT", trade);
    const others = agora.open("~1/binance/trade/ETHUSDT", trade);
    const [first, second, third] = [[aTrade(), aTrade()], [aTrade(NOON, "ETHUSDT")], [aTrade()]] as const;
    early.publish(first);
    late.publish(second);
    others.publish([aTrade(NOON, "ETHUSDT")]);
    assert.equal(handler.rows, 3);
    early.close();
    await timers.advance(120_000);
    agora.open(PATH, trade).publish(third);
    await timers.advance(60_000);
    assert.deepEqual(put, [
      { path: PATH, chunk: 1, ids: first.map(({ tradeId }) => tradeId) },
      { path: "binance/trade/ETHUSDT", chunk: 1, ids: second.map(({ tradeId }) => tradeId) },
      { path: PATH, chunk: 2, ids: third.map(({ tradeId }) => tradeId) },
    ]);
  });

  it("a path that was quiet for many ticks is still stored", async () => {
    const { handler, timers, put } = handling();
    const agora = new Agora(timers);
    const publisher = agora.open(PATH, trade);
    handler.follow(agora, "*/trade/*");
    const sent = [aTrade(), aTrade(), aTrade()];
    for (const event of sent) {
      await timers.advance(600_000);
      publisher.publish([event]);
    }
    [...handler.sealEach()];
    assert.deepEqual(put.flatMap(({ ids }) => ids), sent.map(({ tradeId }) => tradeId));
  });
});
