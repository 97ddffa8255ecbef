import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { TradeEvent } from "../../../src/events/trade.ts";
import { dateOf, US_PER_DAY } from "../../../src/lib/time.ts";
import { fileEnd, KEY, type StorageWorld } from "../../../src/processing/storage/day_file.ts";
import { DayRolls } from "../../../src/processing/storage/day_rolls.ts";
import { FlushHandler } from "../../../src/processing/storage/flush_handler.ts";
import { bytesSource } from "../../../src/processing/storage/parquet/read_group.ts";
import { dayFilePath } from "../../../src/processing/storage/paths.ts";
import type { StorageNews } from "../../../src/processing/storage/storage_messages.ts";
import { trade } from "../../../src/events/trade.ts";
import { failingDisk } from "../../support/failing_disk.ts";
import { tempFolder } from "../../support/temp_folder.ts";
import { trades, TYPE, worldOn } from "./day.ts";
import { NOON, tableOf, world } from "./support.ts";

const folder = tempFolder("day-rolls");
const MINUTE_US = 60_000_000;
let folders = 0;

/** Day files of several symbols and days, a clock to set, and the rolls over them. */
function rolls(disk: StorageWorld["disk"] = world.disk) {
  const dataPath = `${folder}/${++folders}`;
  const now = { wallTime: NOON };
  const storage: StorageWorld = { ...worldOn(disk), clock: { wallTime: () => now.wallTime, monotonicMs: () => 0 } };
  const news: StorageNews[] = [];
  const handler = new FlushHandler<TradeEvent>(storage, trade, { dataPath, source: "binance", flushIntervalMs: 60_000, tell: () => {} });
  handler.bump_all("g1");
  const one = new DayRolls(storage, {
    dataPath,
    flushIntervalMs: 60_000,
    isWaiting: (path, date) => handler.isWaiting(path.split("/")[2]!, date),
    tell: (each) => news.push(each),
  });
  let chunk = 0;
  const put = (symbol: string, time: number) => handler.accept(symbol, "g1", ++chunk, tableOf(TYPE, trades(20, time)));
  const day = (symbol: string, time: number) => {
    put(symbol, time);
    handler.flushAll(symbol);
  };
  const round = () => {
    one.look();
    for (let step = one.next(); step !== undefined; step = one.next()) step();
  };
  const isRolled = (symbol: string, time: number) => {
    const bytes = world.disk.read(dayFilePath(dataPath, `binance/trade/${symbol}`, dateOf(time)));
    return fileEnd(world, bytesSource(bytes), bytes.length)!.keyValues.has(KEY.rolled);
  };
  return { one, now, news, handler, put, day, round, isRolled };
}

describe("the rolls of a recorder", () => {
  it("take the days of the last week that are over for three flush intervals, and never today", () => {
    const { now, day, round, isRolled, news } = rolls();
    const times = [NOON - 9 * US_PER_DAY, NOON - 3 * US_PER_DAY, NOON];
    for (const time of times) day("BTCUSDT", time);
    day("ETHUSDT", NOON);
    round();
    assert.deepEqual(times.map((time) => isRolled("BTCUSDT", time)), [false, true, false], "older days are `argus compact`'s");
    now.wallTime = NOON + US_PER_DAY / 2 + 2 * MINUTE_US;
    round();
    assert.ok(!isRolled("BTCUSDT", NOON), "rows of before midnight may still be under way");
    now.wallTime += 2 * MINUTE_US;
    round();
    assert.ok(isRolled("BTCUSDT", NOON) && isRolled("ETHUSDT", NOON));
    round();
    assert.equal(news.filter(({ what }) => what === "rolled").length, 3);
  });

  it("leave a day alone while chunks of it wait, and roll it again when late ones came", () => {
    const { one, now, put, day, round, isRolled, handler, news } = rolls();
    day("BTCUSDT", NOON);
    put("BTCUSDT", NOON + 1_000);
    now.wallTime = NOON + US_PER_DAY;
    round();
    assert.ok(!isRolled("BTCUSDT", NOON));
    handler.flushAll("BTCUSDT");
    round();
    assert.ok(isRolled("BTCUSDT", NOON));
    day("BTCUSDT", NOON + 2_000);
    one.touched("binance/trade/BTCUSDT", dateOf(NOON));
    round();
    assert.deepEqual(news.flatMap((each) => each.what === "rolled" ? [each.rows] : []), [40, 60]);
  });

  it("go on with the next file where the disk refuses one, but not where it is full; either is told once and tried again later", () => {
    for (const [code, failures] of [["EIO", 2], ["ENOSPC", 1]] as const) {
      let isRefusing = false;
      const disk = failingDisk(world.disk, (op, path) => isRefusing && op === "rename" && path.endsWith(".pq") ? code : undefined);
      const { now, day, round, isRolled, news } = rolls(disk);
      for (const symbol of ["BTCUSDT", "ETHUSDT"]) day(symbol, NOON);
      now.wallTime = NOON + US_PER_DAY;
      isRefusing = true;
      for (let look = 0; look < 15; look++) round();
      assert.deepEqual(news.map(({ what }) => what), Array(failures).fill("roll_failed"), code);
      isRefusing = false;
      for (let look = 0; look < 15; look++) round();
      assert.ok(isRolled("BTCUSDT", NOON) && isRolled("ETHUSDT", NOON), code);
    }
  });
});
