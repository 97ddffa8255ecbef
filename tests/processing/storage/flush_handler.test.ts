import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as path from "node:path";
import { describe, it } from "node:test";
import type { EventType } from "../../../src/events/event_type.ts";
import { trade, type TradeEvent } from "../../../src/events/trade.ts";
import { StorageError } from "../../../src/lib/errors.ts";
import { dateOf, US_PER_DAY } from "../../../src/lib/time.ts";
import { fileEnd, type StorageWorld } from "../../../src/processing/storage/day_file.ts";
import { FlushHandler } from "../../../src/processing/storage/flush_handler.ts";
import { dayFilePath } from "../../../src/processing/storage/paths.ts";
import type { StorageNews } from "../../../src/processing/storage/storage_messages.ts";
import { failingDisk } from "../../support/failing_disk.ts";
import { tempFolder } from "../../support/temp_folder.ts";
import { rowCounts } from "../../readers/readers.ts";
import { stockTable } from "../../support/stock_decoder.ts";
import { aTrade, eventsOf, NOON, tableOf, world } from "./support.ts";

const TYPE = trade as unknown as EventType;
const PATH = "binance/trade/BTCUSDT";
const root = tempFolder("flush");
let folders = 0;

function storing(options: { readonly dataPath?: string; readonly world?: StorageWorld } = {}) {
  const dataPath = options.dataPath ?? `${root}/${++folders}`;
  const news: StorageNews[] = [];
  const handler = new FlushHandler(options.world ?? world, trade, {
    dataPath,
    source: "binance",
    flushIntervalMs: 60_000,
    tell: (each) => news.push(each),
  });
  handler.bump_all("g1");
  const tmp = () =>
    fs.existsSync(`${dataPath}/tmp`)
      ? fs.readdirSync(`${dataPath}/tmp`, { recursive: true, withFileTypes: true }).filter((each) => each.isFile())
      : [];
  return { handler, dataPath, news, tmp };
}

const trades = (count: number, from = NOON) => Array.from({ length: count }, (_, i) => aTrade(from + i));
const table = (events: readonly TradeEvent[]) => tableOf(TYPE, events);

async function stored(dataPath: string, time = NOON): Promise<TradeEvent[]> {
  const bytes = new Uint8Array(fs.readFileSync(dayFilePath(dataPath, PATH, dateOf(time))));
  const end = fileEnd(world, { readAt: (offset, length) => bytes.slice(offset, offset + length) }, bytes.length);
  assert.ok(end !== undefined, "the day file has no whole end");
  return eventsOf(TYPE, await stockTable(TYPE, bytes, end.metadata, world.compression)) as TradeEvent[];
}

describe("FlushHandler", () => {
  it("a flush puts the chunks of a generation into the day file, in order, and leaves nothing under tmp/", async () => {
    const { handler, dataPath, tmp } = storing();
    const parts = [trades(3), trades(1), trades(200)];
    parts.forEach((part, i) => handler.accept("BTCUSDT", "g1", i + 1, table(part)));
    assert.equal(tmp().length, 3);
    handler.flush("BTCUSDT", "g1");
    assert.deepEqual(await stored(dataPath), parts.flat());
    assert.deepEqual(tmp(), []);
    assert.deepEqual(handler.symbols, []);
    const more = trades(2);
    handler.accept("BTCUSDT", "g1", 4, table(more));
    handler.flush("BTCUSDT", "g1");
    assert.deepEqual(await stored(dataPath), [...parts.flat(), ...more]);
    const rows = parts.flat().length + more.length;
    assert.deepEqual(await rowCounts(dayFilePath(dataPath, PATH, dateOf(NOON))), {
      duckdb: rows,
      hyparquet: rows,
      parquetWasm: rows,
      polars: rows,
    });
  });

  it("merging a chunk twice adds nothing", async () => {
    const { handler, dataPath } = storing();
    const part = trades(5);
    for (let i = 0; i < 3; i++) {
      handler.accept("BTCUSDT", "g1", 1, table(part));
      handler.flush("BTCUSDT", "g1");
      handler.flush("BTCUSDT", "g1");
    }
    assert.deepEqual(await stored(dataPath), part);
  });

  it("merging a chunk again after later ones adds nothing", async () => {
    const { handler, dataPath } = storing();
    const parts = [trades(5), trades(5, NOON + 10), trades(5, NOON + 20)];
    for (const [i, part] of parts.entries()) {
      handler.accept("BTCUSDT", "g1", i + 1, table(part));
      await handler.flush("BTCUSDT", "g1");
    }
    for (const [i, part] of parts.entries()) handler.accept("BTCUSDT", "g1", i + 1, table(part));
    await handler.flush("BTCUSDT", "g1");
    assert.deepEqual(await stored(dataPath), parts.flat());
  });

  it("a chunk cut at midnight lands in its own day's file, whatever the time of the flush", async () => {
    const { handler, dataPath } = storing();
    const midnight = (Math.floor(NOON / US_PER_DAY) + 1) * US_PER_DAY;
    const [before, after] = [trades(3, midnight - 3), trades(3, midnight)];
    handler.accept("BTCUSDT", "g1", 1, table(before));
    handler.accept("BTCUSDT", "g1", 2, table(after));
    handler.flush("BTCUSDT", "g1");
    assert.deepEqual(await stored(dataPath, midnight - 1), before);
    assert.deepEqual(await stored(dataPath, midnight), after);
  });

  it("a restart on the same day adds to the day file, and takes over what the dead one left under tmp/", async () => {
    const { handler, dataPath } = storing();
    const parts = [trades(2), trades(3), trades(4)];
    handler.accept("BTCUSDT", "g1", 1, table(parts[0]!));
    handler.flush("BTCUSDT", "g1");
    handler.accept("BTCUSDT", "g1", 2, table(parts[1]!));
    fs.writeFileSync(`${dataPath}/tmp/${PATH}/g1/3.pq.part`, "half");

    const next = storing({ dataPath });
    next.handler.bump_all("g2");
    assert.equal(next.handler.adopt(), 1);
    next.handler.accept("BTCUSDT", "g2", 1, table(parts[2]!));
    next.handler.flush("BTCUSDT", "g2");
    assert.deepEqual(await stored(dataPath), parts.flat());
    assert.deepEqual(next.tmp(), []);
  });

  it("reads a large file of an earlier process in parts, between which other streams have their turn", async () => {
    const { handler, dataPath } = storing();
    const parts = [trades(400), trades(5)];
    for (const symbol of ["BTCUSDT", "ETHUSDT"]) {
      handler.accept(symbol, "g1", 1, table(parts[0]!));
      handler.flush(symbol, "g1");
    }
    const next = new FlushHandler(world, trade, { dataPath, source: "binance", flushIntervalMs: 60_000, tell: () => {}, blockBytes: 100 });
    next.bump_all("g2");
    for (const symbol of ["BTCUSDT", "ETHUSDT"]) next.accept(symbol, "g2", 1, table(parts[1]!));
    let turns = 0;
    for (let isDone = false; !isDone; turns++) isDone = [next.flushSome("BTCUSDT"), next.flushSome("ETHUSDT")].every((each) => each);
    assert.ok(turns > 5 && turns < 50, `${turns} turns`);
    assert.deepEqual(await stored(dataPath), parts.flat());
    assert.deepEqual(next.symbols, []);
  });

  it("bump accepts another generation of one symbol, bump_all of all; a generation nobody announced is refused", async () => {
    const { handler, dataPath } = storing();
    const parts = [trades(1), trades(1), trades(1)];
    handler.accept("BTCUSDT", "g1", 1, table(parts[0]!));
    assert.throws(() => handler.accept("BTCUSDT", "g2", 1, table(parts[1]!)), /never announced/);
    handler.bump("BTCUSDT", "g2");
    handler.accept("BTCUSDT", "g2", 1, table(parts[1]!));
    assert.throws(() => handler.accept("ETHUSDT", "g2", 1, table(parts[2]!)), /never announced/);
    handler.bump_all("g2");
    handler.accept("ETHUSDT", "g2", 1, table(parts[2]!));
    handler.flush("BTCUSDT", "g1");
    assert.deepEqual(await stored(dataPath), parts[0], "a flush of a generation takes nothing of a later one");
    handler.flush("BTCUSDT", "g2");
    assert.deepEqual(await stored(dataPath), [...parts[0]!, ...parts[1]!]);
  });

  it("a torn append is cut off and its rows are merged again", async () => {
    const { handler, dataPath, news } = storing();
    const parts = [trades(5), trades(50), trades(6)];
    handler.accept("BTCUSDT", "g1", 1, table(parts[0]!));
    handler.flush("BTCUSDT", "g1");
    const file = dayFilePath(dataPath, PATH, dateOf(NOON));
    const whole = fs.readFileSync(file);
    handler.accept("BTCUSDT", "g1", 2, table(parts[1]!));
    const chunk = fs.readFileSync(`${dataPath}/tmp/${PATH}/g1/2.pq`);
    handler.flush("BTCUSDT", "g1");
    const appended = fs.readFileSync(file);
    for (const cut of [1, 4, 8, 9, 300, appended.length - whole.length - 1]) {
      fs.writeFileSync(file, appended.subarray(0, appended.length - cut));
      fs.mkdirSync(`${dataPath}/tmp/${PATH}/g1`, { recursive: true });
      fs.writeFileSync(`${dataPath}/tmp/${PATH}/g1/2.pq`, chunk);
      const next = storing({ dataPath });
      next.handler.adopt();
      next.handler.flush("BTCUSDT", "g1");
      assert.deepEqual(await stored(dataPath), [...parts[0]!, ...parts[1]!], `cut by ${cut}`);
      assert.deepEqual(next.news.map(({ what }) => what), ["mended", "merged"]);
    }
    assert.deepEqual(news.map(({ what }) => what), ["merged", "merged"]);
  });

  it("a footer on disk whose rows never got there is no end of the file", async () => {
    const { handler, dataPath } = storing();
    const parts = [trades(5), trades(50)];
    handler.accept("BTCUSDT", "g1", 1, table(parts[0]!));
    handler.flush("BTCUSDT", "g1");
    const file = dayFilePath(dataPath, PATH, dateOf(NOON));
    const before = fs.statSync(file).size;
    handler.accept("BTCUSDT", "g1", 2, table(parts[1]!));
    const chunk = fs.readFileSync(`${dataPath}/tmp/${PATH}/g1/2.pq`);
    handler.flush("BTCUSDT", "g1");
    const bytes = fs.readFileSync(file);
    bytes.fill(0, before + 10, before + 200);
    fs.writeFileSync(file, bytes);
    fs.mkdirSync(`${dataPath}/tmp/${PATH}/g1`, { recursive: true });
    fs.writeFileSync(`${dataPath}/tmp/${PATH}/g1/2.pq`, chunk);
    const next = storing({ dataPath });
    next.handler.adopt();
    next.handler.flush("BTCUSDT", "g1");
    assert.deepEqual(await stored(dataPath), parts.flat());
  });

  it("a day file or a chunk that cannot be read is set aside, never deleted, and recording goes on", async () => {
    const { handler, dataPath, news, tmp } = storing();
    const file = dayFilePath(dataPath, PATH, dateOf(NOON));
    fs.mkdirSync(file.slice(0, file.lastIndexOf("/")), { recursive: true });
    fs.writeFileSync(file, "somebody else's file PAR1 that is no Parquet PAR1");
    const parts = [trades(2), trades(3), trades(4)];
    parts.forEach((part, i) => handler.accept("BTCUSDT", "g1", i + 1, table(part)));
    fs.writeFileSync(`${dataPath}/tmp/${PATH}/g1/2.pq`, "not a chunk");
    handler.flush("BTCUSDT", "g1");
    assert.deepEqual(await stored(dataPath), [...parts[0]!, ...parts[2]!]);
    assert.deepEqual(news.map(({ what }) => what), ["aside", "aside", "merged"]);
    assert.deepEqual(tmp().map((each) => fs.readFileSync(`${each.parentPath}/${each.name}`, "utf8")), ["not a chunk"]);
    const [beside] = fs.readdirSync(path.dirname(file)).filter((name) => name !== path.basename(file));
    assert.match(beside!, /^2026-11-19\.pq\.corrupt-\d{8}T\d{6}\.\d{3}Z$/);
    assert.equal(fs.readFileSync(`${path.dirname(file)}/${beside}`, "utf8"), "somebody else's file PAR1 that is no Parquet PAR1");
  });

  it("believes the end of a file it wrote only while the file ends so", async () => {
    const { handler, dataPath, news } = storing();
    const parts = [trades(5), trades(6), trades(7)];
    const file = dayFilePath(dataPath, PATH, dateOf(NOON));
    for (const [i, part] of parts.entries()) {
      handler.accept("BTCUSDT", "g1", i + 1, table(part));
      if (i === 2) {
        const bytes = fs.readFileSync(file);
        bytes[bytes.length - 40]! ^= 4; // in the footer; its length and the file's are as they were
        fs.writeFileSync(file, bytes);
      }
      handler.flush("BTCUSDT", "g1");
      if (i < 2) assert.deepEqual(await stored(dataPath), parts.slice(0, i + 1).flat());
    }
    assert.deepEqual(news.map(({ what }) => what), ["merged", "merged", "aside", "merged"]);
    assert.deepEqual(await stored(dataPath), parts[2]);
  });

  it("a chunk that was written again by somebody else is read, not remembered", async () => {
    const [one, other] = [storing(), storing()];
    const parts = [trades(5), trades(9)];
    one.handler.accept("BTCUSDT", "g1", 1, table(parts[0]!));
    other.handler.accept("BTCUSDT", "g1", 1, table(parts[1]!));
    fs.copyFileSync(`${other.dataPath}/tmp/${PATH}/g1/1.pq`, `${one.dataPath}/tmp/${PATH}/g1/1.pq`);
    one.handler.flush("BTCUSDT", "g1");
    assert.deepEqual(await stored(one.dataPath), parts[1]);
  });

  it("chunks deleted by hand cost at most themselves", async () => {
    const { handler, dataPath } = storing();
    const parts = [trades(2), trades(3), trades(4)];
    parts.forEach((part, i) => handler.accept("BTCUSDT", "g1", i + 1, table(part)));
    fs.rmSync(`${dataPath}/tmp/${PATH}/g1/2.pq`);
    handler.flush("BTCUSDT", "g1");
    assert.deepEqual(await stored(dataPath), [...parts[0]!, ...parts[2]!]);
    handler.accept("BTCUSDT", "g1", 4, table(parts[1]!));
    fs.rmSync(`${dataPath}/tmp`, { recursive: true });
    handler.flush("BTCUSDT", "g1");
    assert.deepEqual(await stored(dataPath), [...parts[0]!, ...parts[2]!]);
  });

  it("a failed operation anywhere keeps the rows: tried again, each is stored once, and the day file is whole in between", async () => {
    let failures = 0;
    for (let failAt = 1;; failAt++) {
      let isArmed = true;
      let hasFailed = false;
      const disk = failingDisk(world.disk, (_op, _path, count) => {
        if (!isArmed || count !== failAt) return undefined;
        hasFailed = true;
        return failAt % 2 === 0 ? "EIO" : "ENOSPC";
      });
      const { handler, dataPath } = storing({ world: { ...world, disk } });
      const parts = [trades(4), trades(5), trades(6)];
      for (const [i, part] of parts.entries()) {
        untilDone(() => handler.accept("BTCUSDT", "g1", i + 1, table(part)));
        if (i === 0) continue;
        untilDone(() => handler.flush("BTCUSDT", "g1"));
        assert.deepEqual(await stored(dataPath), parts.slice(0, i + 1).flat(), `operation ${failAt} failed`);
      }
      isArmed = false;
      if (!hasFailed) break;
      failures++;
    }
    assert.ok(failures > 20, `only ${failures} operations were tried`);
  });
});

describe("a day file whose sync failed", () => {
  it("does not hold the rows that were not synced, so that they are written again", async () => {
    let fails = false;
    const disk = failingDisk(world.disk, (op, path) => fails && op === "sync" && path.includes("/2026/") ? "EIO" : undefined);
    const { handler, dataPath } = storing({ world: { ...world, disk } });
    const parts = [trades(4), trades(5)];
    handler.accept("BTCUSDT", "g1", 1, table(parts[0]!));
    handler.flush("BTCUSDT", "g1");
    const file = dayFilePath(dataPath, PATH, dateOf(NOON));
    const size = fs.statSync(file).size;
    fails = true;
    handler.accept("BTCUSDT", "g1", 2, table(parts[1]!));
    assert.throws(() => handler.flush("BTCUSDT", "g1"), StorageError);
    assert.equal(fs.statSync(file).size, size);
    fails = false;
    handler.flush("BTCUSDT", "g1");
    assert.deepEqual(await stored(dataPath), parts.flat());
  });
});

/** What a caller does: a StorageError keeps the rows, and the same call is made again. */
function untilDone(run: () => void): void {
  for (let tries = 1;; tries++) {
    try {
      return run();
    } catch (error) {
      if (!(error instanceof StorageError) || tries > 3) throw error;
    }
  }
}
