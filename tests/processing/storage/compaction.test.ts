import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import type { TradeEvent } from "../../../src/events/trade.ts";
import { StorageError } from "../../../src/lib/errors.ts";
import { fileEnd, KEY, type StorageWorld } from "../../../src/processing/storage/day_file.ts";
import { dayFilePath } from "../../../src/processing/storage/paths.ts";
import { DayFiles } from "../../../src/processing/storage/day_files.ts";
import { MAGIC } from "../../../src/processing/storage/parquet/encode.ts";
import { bytesSource } from "../../../src/processing/storage/parquet/read_group.ts";
import { stockTable } from "../../support/stock_decoder.ts";
import { digestOf } from "../../../src/processing/storage/row_digest.ts";
import { rowsOfGroups, rowsOfTable } from "../../../src/processing/storage/rows.ts";
import { rolling } from "../../../src/processing/storage/rolling.ts";
import type { Disk } from "../../../src/runtime/runtime.ts";
import { duckdb, quoted } from "../../readers/readers.ts";
import { tempFolder } from "../../support/temp_folder.ts";
import { copyOut, DATE, Day, marketTrades, PATH, trades, TYPE, worldOn } from "./day.ts";
import { eventsOf, NOON, tableOf, TYPES, world } from "./support.ts";

const folder = tempFolder("compaction");
let folders = 0;
const isVerify = (error: unknown) => error instanceof StorageError && error.code === "verify";

/** From now on its encoder writes other times than those it is given, until it is healed. */
function fallIll(world: StorageWorld): () => void {
  const { encoder } = world as { encoder: StorageWorld["encoder"] };
  const encode = encoder.encode.bind(encoder);
  encoder.encode = (type, table, offset, level) => {
    const [first, ...rest] = table.columns;
    const wrong = first!.kind === "numbers" ? { ...first!, values: first!.values.map((time) => time + 1) } : first!;
    return encode(type, { ...table, columns: [wrong, ...rest] }, offset, level);
  };
  return () => encoder.encode = encode;
}

const day = () => new Day(worldOn(world.disk), `${folder}/${++folders}`);

/** The disk, with every byte that is appended counted. */
function counted(disk: Disk) {
  const count = { bytes: 0 };
  const open: Disk["open"] = (path, mode) => {
    const file = disk.open(path, mode);
    const append = (bytes: Uint8Array) => {
      count.bytes += bytes.length;
      return file.append(bytes);
    };
    return {
      path: file.path,
      size: () => file.size(),
      readAt: (offset, length) => file.readAt(offset, length),
      append,
      truncate: (length) => file.truncate(length),
      sync: () => file.sync(),
      close: () => file.close(),
    };
  };
  return { disk: { ...disk, open }, count };
}

async function ids(sql: Awaited<ReturnType<typeof duckdb>>, file: string): Promise<number[]> {
  const rows = await sql(`SELECT trade_id FROM read_parquet(${quoted(file)}, file_row_number = true) ORDER BY file_row_number`);
  return rows.map((row) => Number(row["trade_id"]));
}

describe("a day file that grows", () => {
  it("never has more than 32 row groups, and all bytes written, chunks too, are less than eight times what the rolled day has", () => {
    const { disk, count } = counted(world.disk);
    let nowMs = 0;
    const clock = { wallTime: () => NOON, monotonicMs: () => nowMs };
    const busy = new Day({ ...worldOn(disk), clock }, `${folder}/${++folders}`);
    let rows = 0;
    for (let minute = 1; minute <= 240; minute++) {
      const part = marketTrades(minute % 7 === 0 ? 2_000 : 600);
      rows += part.length;
      busy.accept(minute, part);
      nowMs += 60_000;
      if (!busy.handler.isDue("BTCUSDT")) continue;
      busy.flush();
      const { metadata } = busy.end();
      assert.ok(metadata.row_groups.length <= 32, `${metadata.row_groups.length} groups after minute ${minute}`);
      assert.equal(Number(metadata.num_rows), rows);
    }
    busy.flush();
    const grown = busy.bytes().length;
    const rolled = busy.roll();
    assert.ok(rolled.what === "rolled" && rolled.rows === rows && rolled.groups === Math.ceil(rows / 131_072), JSON.stringify(rolled));
    const final = busy.bytes().length;
    assert.ok(final < grown && count.bytes <= 8 * final, `${count.bytes} bytes written for ${final}, grown ${grown}`);
  });

  it("keeps every byte before its old end when it is compacted by an append", () => {
    const { disk } = counted(world.disk);
    const still = { ...worldOn(disk), clock: { ...world.clock, monotonicMs: () => 0 } }; // never a minute since the last rename
    const busy = new Day(still, `${folder}/${++folders}`);
    let before = new Uint8Array(0) as Uint8Array;
    let folds = 0;
    let groups = 0;
    for (let chunk = 1; chunk <= 50; chunk++) {
      busy.accept(chunk, trades(40));
      busy.flush();
      const bytes = busy.bytes();
      assert.ok(Buffer.compare(bytes.subarray(0, before.length), before) === 0, `chunk ${chunk} changed old bytes`);
      const now = busy.end().metadata.row_groups.length;
      if (now <= groups) folds++;
      [before, groups] = [bytes, now];
    }
    assert.ok(folds >= 3, `${folds} folds`);
  });

  it("is written anew, once a minute at most, when it is small and half of it is dead", async () => {
    const quiet = day();
    const all: TradeEvent[] = [];
    let shrank = 0;
    let size = 0;
    for (let chunk = 1; chunk <= 48; chunk++) {
      const part = trades(3);
      all.push(...part);
      quiet.accept(chunk, part);
      quiet.flush();
      const bytes = quiet.bytes().length;
      if (bytes < size) shrank++;
      size = bytes;
    }
    assert.ok(shrank >= 2, `it shrank ${shrank} times`);
    assert.deepEqual(await quiet.rows(), all);
    assert.equal(quiet.end().watermark.toString(), "g1:1-48");
  });

  it("any merges, compactions, rolls and merges of the same chunks again give the same rows in the same order, in DuckDB", async () => {
    const sql = await duckdb();
    const step = fc.oneof(
      {
        weight: 8,
        arbitrary: fc.record({
          what: fc.constant("merge" as const),
          sizes: fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 1, maxLength: 3 }),
        }),
      },
      { weight: 2, arbitrary: fc.record({ what: fc.constant("again" as const), which: fc.nat() }) },
      { weight: 1, arbitrary: fc.record({ what: fc.constant("roll" as const) }) },
      { weight: 1, arbitrary: fc.record({ what: fc.constant("restart" as const) }) },
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 60 }), async (steps) => {
        let one = day();
        const { dataPath } = one;
        const chunks: TradeEvent[][] = [];
        for (const each of steps) {
          if (each.what === "roll" && chunks.length > 0) one.roll();
          else if (each.what === "restart") {
            one = new Day(worldOn(world.disk), dataPath);
            one.handler.adopt();
          } else if (each.what === "merge") {
            for (const size of each.sizes) one.accept(chunks.push(trades(size)), chunks.at(-1)!);
            one.flush();
          } else if (each.what === "again" && chunks.length > 0) {
            const chunk = 1 + each.which % chunks.length;
            one.accept(chunk, chunks[chunk - 1]!);
            one.flush();
          }
        }
        if (chunks.length === 0) return;
        assert.deepEqual(await ids(sql, one.file), chunks.flat().map(({ tradeId }) => tradeId));
        one.roll();
        assert.deepEqual(await ids(sql, one.file), chunks.flat().map(({ tradeId }) => tradeId));
        assert.deepEqual(await one.rows(), chunks.flat());
      }),
      { numRuns: 40 },
    );
  });

  for (const { type, event } of TYPES) {
    it(`keeps every value of ${type.name} rows through folds, rewrites and the roll`, async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(fc.array(event, { minLength: 1, maxLength: 9 }), { minLength: 33, maxLength: 50 }), async (parts) => {
          const path = `binance/${type.name}/BTCUSDT`;
          const place = { dataPath: `${folder}/${++folders}`, path, date: DATE };
          const disk = worldOn(world.disk, parts.length % 2 === 0);
          const files = new DayFiles(disk, type, { dataPath: place.dataPath, tell: () => {} });
          for (const [i, part] of parts.entries()) {
            const table = tableOf(type, part);
            const groups = world.encoder.encode(type, table, MAGIC.length);
            const encoded = rowsOfGroups(type, world.compression, groups, digestOf(world.compression, table)); // as chunks of this process are
            files.add(path, DATE, "g1", [i + 1], () => i % 3 === 0 ? rowsOfTable(table) : encoded);
          }
          const read = async () => {
            const bytes = world.disk.read(dayFilePath(place.dataPath, path, DATE));
            const { metadata } = fileEnd(world, bytesSource(bytes), bytes.length)!;
            return {
              groups: metadata.row_groups.length,
              events: eventsOf(type, await stockTable(type, bytes, metadata, world.compression)),
            };
          };
          const grown = await read();
          assert.ok(grown.groups <= 32, `${grown.groups} groups of ${parts.length} merges`);
          assert.deepEqual(grown.events, parts.flat());
          const steps = rolling(disk, type, place);
          for (let isDone = false; !isDone;) isDone = steps.next().done === true;
          assert.deepEqual(await read(), { groups: 1, events: parts.flat() });
        }),
        { numRuns: 8 },
      );
    });
  }

  it("refuses what reads back differently, keeps the chunk, and merges it when the encoder is well again", async () => {
    const one = day();
    one.accept(1, trades(5));
    one.flush();
    const parts = [await one.rows(), trades(7)];
    one.accept(2, parts[1]!);
    const next = new Day(one.world, one.dataPath); // it has only the file of the chunk
    next.handler.adopt();
    const heal = fallIll(one.world);
    assert.throws(() => next.flush(), isVerify);
    assert.deepEqual(await one.rows(), parts[0]);
    heal();
    next.flush();
    assert.deepEqual(await one.rows(), parts.flat());
  });

  it("lets no chunk in that was encoded wrongly", async () => {
    const one = day();
    one.accept(1, trades(5));
    one.flush();
    const before = await one.rows();
    const heal = fallIll(one.world);
    one.accept(2, trades(7));
    heal();
    assert.throws(() => one.flush(), isVerify);
    assert.deepEqual(await one.rows(), before);
  });
});

describe("the roll of a day", () => {
  it("keeps every row in the order of arrival, says so, does nothing twice, and takes late chunks and rolls again", async () => {
    const one = day();
    const parts = Array.from({ length: 20 }, (_, i) => trades(50 + i));
    for (const [i, part] of parts.entries()) {
      one.accept(i + 1, part.reverse()); // a clock set back: receive times fall, the order of arrival stays
      one.flush();
    }
    assert.equal(one.roll().what, "rolled");
    assert.deepEqual(await one.rows(), parts.flat());
    const { metadata, keyValues, watermark } = one.end();
    assert.deepEqual([metadata.row_groups.length, keyValues.get(KEY.rolled), watermark.toString()], [
      1,
      String(parts.flat().length),
      "g1:1-20",
    ]);
    const bytes = one.bytes();
    assert.equal(one.roll().what, "already");
    assert.deepEqual(one.bytes(), bytes);
    const late = trades(9);
    one.accept(21, late);
    one.flush();
    assert.ok(Buffer.compare(one.bytes().subarray(0, bytes.length), bytes) === 0, "a late chunk is appended");
    assert.equal(one.roll().what, "rolled");
    assert.deepEqual(await one.rows(), [...parts.flat(), ...late]);
  });

  it("gives way to what is added while it works, and never replaces it", async () => {
    const one = day();
    const parts = [trades(300), trades(30)];
    one.accept(1, parts[0]!);
    one.flush();
    const steps = rolling(one.world, TYPE, { dataPath: one.dataPath, path: PATH, date: DATE });
    for (let i = 0; i < 3; i++) assert.equal(steps.next().done, false);
    one.accept(2, parts[1]!);
    one.flush();
    let outcome = steps.next();
    while (outcome.done !== true) outcome = steps.next();
    assert.equal(outcome.value.what, "changed");
    assert.deepEqual(await one.rows(), parts.flat());
    assert.deepEqual(one.world.disk.list(`${one.dataPath}/tmp/${PATH}`).filter(({ isFolder }) => !isFolder), []);
  });

  it("does not begin where there is no room for the file once more", () => {
    const one = day();
    one.accept(1, trades(50));
    one.flush();
    const bytes = one.bytes();
    const disk = { ...world.disk, freeBytes: () => 64 << 20 };
    const full = new Day(worldOn(disk), one.dataPath);
    assert.throws(
      () => full.roll(),
      (error) => error instanceof StorageError && error.code === "ENOSPC" && error.hint.includes("64 MB free"),
    );
    assert.deepEqual(one.bytes(), bytes);
    assert.equal(one.roll().what, "rolled");
  });

  it("leaves a damaged day file exactly as it is, wherever the bit is wrong", () => {
    const one = day();
    for (let chunk = 1; chunk <= 20; chunk++) {
      one.accept(chunk, trades(20));
      one.flush();
    }
    const whole = one.bytes();
    for (let at = 3; at < whole.length; at += Math.ceil(whole.length / 60)) {
      const flipped = whole.slice();
      flipped[at]! ^= 1 << at % 8;
      copyOut(flipped, one.file);
      assert.equal(one.roll().what, "damaged", `a flipped bit at ${at} of ${whole.length}`);
      assert.deepEqual(one.bytes(), flipped);
    }
  });
});
