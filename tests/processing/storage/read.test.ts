import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { newFileBytes } from "../../../src/processing/storage/day_file.ts";
import type { EventBase, EventType } from "../../../src/events/event_type.ts";
import { concatBytes } from "../../../src/lib/bytes.ts";
import { decodeTable } from "../../../src/processing/storage/parquet/decode.ts";
import { type EncodedGroups, MAGIC } from "../../../src/processing/storage/parquet/encode.ts";
import { metadataOf, readMetadata, trailer } from "../../../src/processing/storage/parquet/footer.ts";
import { bytesSource, readColumn, readGroup } from "../../../src/processing/storage/parquet/read_group.ts";
import { StoredLists } from "../../../src/processing/storage/parquet/read_lists.ts";
import { expanded } from "../../../src/processing/storage/level_lists.ts";
import { unpackDelta } from "../../../src/processing/storage/parquet/unpack_delta.ts";
import type { SealedTable } from "../../../src/processing/storage/table.ts";
import { Watermark } from "../../../src/processing/storage/watermark.ts";
import { stockTable } from "../../support/stock_decoder.ts";
import { aTrade, eventsOf, NOON, tableOf, TYPES, world } from "./support.ts";

const TRADE = TYPES[1]!.type;
const at = (i: number, fields: object): EventBase => ({ ...aTrade(NOON + i), ...fields }) as EventBase;

function fileAround(type: EventType, encoded: EncodedGroups) {
  const metadataBytes = metadataOf(type, encoded, new Map([["k", "v"]]));
  return { bytes: concatBytes([MAGIC, encoded.bytes, trailer(metadataBytes)]), metadata: readMetadata(metadataBytes) };
}

/** Our reader and the published one see the same rows, and they are what was written. */
async function assertLikeStock(type: EventType, table: SealedTable): Promise<void> {
  const { bytes, metadata } = fileAround(type, world.encoder.encode(type, table, MAGIC.length));
  const read = decodeTable(type, bytes, metadata, world.compression);
  const stock = await stockTable(type, bytes, metadata, world.compression);
  assert.deepEqual(read.columns.map(plain), stock.columns.map(plain));
  assert.deepEqual(eventsOf(type, read), eventsOf(type, table));
}

/** Texts by value: which code a text has is each reader's own business. */
function plain(column: SealedTable["columns"][number]): unknown {
  return column.kind === "texts" ? Array.from(column.codes, (code) => column.values[code - 1] ?? null) : column;
}

describe("the column reader", () => {
  for (const { type, event } of TYPES) {
    it(`reads ${type.name} rows as the published reader does`, async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(event, { minLength: 1, maxLength: 300 }), (events) => assertLikeStock(type, tableOf(type, events))),
        { numRuns: 60 },
      );
    });
  }

  it("is right for integers of any width, in and beyond what doubles can add exactly", async () => {
    const tops = [
      0,
      1,
      255,
      2 ** 24 - 1,
      2 ** 24,
      2 ** 25,
      2 ** 31,
      2 ** 32,
      2 ** 48,
      2 ** 51 - 1,
      2 ** 51,
      2 ** 52,
      Number.MAX_SAFE_INTEGER,
    ];
    for (const top of tops) {
      for (const rows of [1, 2, 31, 32, 33, 34, 128, 129, 130, 300]) {
        const ids = Array.from({ length: rows }, (_, i) => i % 3 === 0 ? 0 : i % 3 === 1 ? top : Math.floor(top / (i + 1)));
        await assertLikeStock(TRADE, tableOf(TRADE, ids.map((tradeId, i) => at(i, { tradeId }))));
      }
    }
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 0, max: 53 }),
        fc.array(fc.nat({ max: 2 ** 30 }), { minLength: 1, maxLength: 400 }),
        (bits, seeds) => {
          const ids = seeds.map((seed, i) => Math.min(Number.MAX_SAFE_INTEGER, Math.floor((seed / 2 ** 30) * 2 ** bits) + i % 2));
          return assertLikeStock(TRADE, tableOf(TRADE, ids.map((tradeId, i) => at(i, { tradeId }))));
        },
      ),
      { numRuns: 60 },
    );
  });

  it("is right for dictionaries of any width, runs of any length, and files of several groups", async () => {
    for (const distinct of [1, 2, 3, 16, 17, 255, 257, 5_000]) {
      const rows = Array.from(
        { length: distinct * 5 },
        (_, i) => at(i, { size: (i * 7 % distinct) / 8, side: i % 100 < 60 ? "buy" : "sell" }),
      );
      await assertLikeStock(TRADE, tableOf(TRADE, rows));
    }
    const large = tableOf(TRADE, Array.from({ length: 131_072 * 2 + 5 }, (_, i) => at(i, { size: i % 11 })));
    const { bytes, metadata } = fileAround(TRADE, world.encoder.encode(TRADE, large, MAGIC.length));
    assert.equal(metadata.row_groups.length, 3);
    assert.deepEqual(decodeTable(TRADE, bytes, metadata, world.compression).columns, large.columns);
  });

  it("reads one column of one group without touching the bytes of the others", () => {
    const table = tableOf(TRADE, Array.from({ length: 1_000 }, (_, i) => at(i, { size: i % 11 })));
    const { bytes, metadata } = fileAround(TRADE, world.encoder.encode(TRADE, table, MAGIC.length));
    const [group] = metadata.row_groups;
    const index = TRADE.columns.findIndex(({ name }) => name === "trade_id");
    const { data_page_offset, total_compressed_size } = group!.columns[index]!.meta_data!;
    const only = new Uint8Array(bytes.length);
    const [from, to] = [Number(data_page_offset), Number(data_page_offset) + Number(total_compressed_size)];
    only.set(bytes.subarray(from, to), from);
    assert.deepEqual(readColumn(TRADE.columns[index]!, bytesSource(only), group!, world.compression), table.columns[index]);
    assert.throws(() => readGroup(TRADE, bytesSource(only), group!, world.compression));
  });

  it("reads a list page by page as it reads it whole", async () => {
    const depth = TYPES[2]!.type;
    const side = (i: number) => Array.from({ length: i % 6 }, (_, k) => [(i * 7 + k) % 900 / 100, i + k / 16]);
    const rows = Array.from(
      { length: 40_000 },
      (_, i) => at(i, { isSnapshot: false, bids: side(i), asks: i % 1_000 === 0 ? side(5) : [] }),
    );
    const table = tableOf(depth, rows);
    await assertLikeStock(depth, table);
    const { bytes, metadata } = fileAround(depth, world.encoder.encode(depth, table, MAGIC.length));
    for (const name of ["bids", "asks"]) {
      const column = depth.columns.find((each) => each.name === name)!;
      const lists = new StoredLists(column, bytesSource(bytes), metadata.row_groups[0]!, world.compression);
      assert.ok(lists.firstRows.length > 2, `${name} has one page`);
      const pages = lists.firstRows.slice(0, -1).map((_, page) => {
        const source = bytesSource(bytes);
        return { starts: lists.starts(source, page), prices: lists.prices(source, page), sizes: lists.sizes(source, page) };
      });
      const whole = readColumn(column, bytesSource(bytes), metadata.row_groups[0]!, world.compression);
      assert.ok(whole.kind === "levels");
      assert.deepEqual(pages.flatMap(({ prices }) => [...expanded(prices)]), [...whole.prices]);
      assert.deepEqual(pages.flatMap(({ sizes }) => [...expanded(sizes)]), [...whole.sizes]);
      assert.deepEqual(pages.flatMap(({ starts }) => [...starts.subarray(1)].map((end, i) => end - starts[i]!)), [...whole.counts]);
    }
    // A header that says otherwise than the footer: its bytes are under no checksum of their own.
    const { data_page_offset } = metadata.row_groups[0]!.columns.find(({ meta_data }) => meta_data!.path_in_schema[0] === "bids")!
      .meta_data!;
    for (let bit = 0; bit < 8 * 40; bit += 3) {
      const flipped = bytes.slice();
      flipped[Number(data_page_offset) + (bit >> 3)]! ^= 1 << bit % 8;
      let read: unknown;
      try {
        read = readColumn(
          depth.columns.find(({ name }) => name === "bids")!,
          bytesSource(flipped),
          metadata.row_groups[0]!,
          world.compression,
        );
      } catch {
        continue;
      }
      assert.deepEqual(read, table.columns[depth.columns.findIndex(({ name }) => name === "bids")], `bit ${bit}`);
    }
  });

  it("refuses a column in which any bit of a page is flipped, levels included, and any cut of it", () => {
    for (const { type, event } of TYPES) {
      const events = fc.sample(event, { numRuns: 20, seed: 4 });
      const bytes = newFileBytes(world, type, "binance/x/BTCUSDT", tableOf(type, events), Watermark.empty());
      const { metadata } = fileAround(type, world.encoder.encode(type, tableOf(type, events), MAGIC.length));
      const [group] = metadata.row_groups;
      const end = MAGIC.length + Number(group!.total_compressed_size);
      const expected = eventsOf(type, readGroup(type, bytesSource(bytes), group!, world.compression));
      assert.deepEqual(expected, events);
      for (let i = MAGIC.length; i < end; i += 3) {
        const flipped = bytes.slice();
        flipped[i]! ^= 1 << i % 8;
        let read: unknown;
        try {
          read = eventsOf(type, readGroup(type, bytesSource(flipped), group!, world.compression));
        } catch {
          continue;
        }
        assert.deepEqual(read, expected, `${type.name}: a flipped bit at ${i} changed what is read`); // a flag of the header nobody reads
      }
    }
  });

  it("ends, with an error, whatever bytes it is given", () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), fc.nat({ max: 500 }), (bytes, count) => {
      try {
        unpackDelta(bytes, count);
      } catch (error) {
        assert.ok(error instanceof RangeError, String(error));
      }
    }));
  });
});
