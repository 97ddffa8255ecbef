import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import type { EventBase, EventType } from "../../../src/events/event_type.ts";
import { concatBytes } from "../../../src/lib/bytes.ts";
import { type EncodedGroups, MAGIC } from "../../../src/processing/storage/parquet/encode.ts";
import { metadataByWriter, metadataOf, readMetadata, trailer } from "../../../src/processing/storage/parquet/footer.ts";
import type { SealedTable } from "../../../src/processing/storage/table.ts";
import { stockGroups } from "../../support/stock_encoder.ts";
import { stockTable } from "../../support/stock_decoder.ts";
import { aTrade, eventsOf, NOON, tableOf, TYPES, world } from "./support.ts";

const [BBO, TRADE, DEPTH] = TYPES.map(({ type }) => type) as [EventType, EventType, EventType];

/** A file around groups, read back by hyparquet. */
async function readBack(type: EventType, encoded: EncodedGroups): Promise<SealedTable> {
  const metadata = metadataOf(type, encoded, new Map([["k", "v"]]));
  const file = concatBytes([MAGIC, encoded.bytes, trailer(metadata)]);
  return await stockTable(type, file, readMetadata(metadata), world.compression);
}

/** Ours and the published writer's file hold the same rows and the same statistics. */
async function assertLikeStock(type: EventType, table: SealedTable): Promise<void> {
  const ours = world.encoder.encode(type, table, MAGIC.length);
  const stock = stockGroups(type, table, world.compression, MAGIC.length);
  const events = eventsOf(type, await readBack(type, ours));
  assert.deepEqual(events, eventsOf(type, table));
  assert.deepEqual(events, eventsOf(type, await readBack(type, stock)));
  if (ours.groups.length !== stock.groups.length) return; // stock knows no limit of levels
  for (const [i, group] of ours.groups.entries()) {
    for (const [j, { meta_data }] of group.columns.entries()) {
      const theirs = stock.groups[i]!.columns[j]!.meta_data!;
      const name = meta_data!.path_in_schema.join(".");
      assert.equal(meta_data!.num_values, theirs.num_values, name);
      const [{ min_value, max_value, null_count }, expected] = [meta_data!.statistics!, theirs.statistics!];
      assert.equal(null_count, expected.null_count, name);
      assert.ok(min_value == expected.min_value && max_value == expected.max_value, `${name}: ${min_value}..${max_value}`);
    }
  }
}

function hasDictionary(encoded: EncodedGroups, column: string): boolean {
  const chunk = encoded.groups[0]!.columns.find(({ meta_data }) => meta_data!.path_in_schema[0] === column);
  return chunk!.meta_data!.dictionary_page_offset !== undefined;
}

const at = (i: number, fields: object): EventBase => ({ ...aTrade(NOON + i), ...fields }) as EventBase;

describe("the row group encoder", () => {
  for (const { type, event } of TYPES) {
    it(`writes any ${type.name} rows as the published writer does`, async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(event, { minLength: 1, maxLength: 300 }), (events) => assertLikeStock(type, tableOf(type, events))),
        { numRuns: 40 },
      );
    });
  }

  it("is right at the edges of blocks, miniblocks, groups of eight and runs", async () => {
    for (const rows of [1, 2, 7, 8, 9, 31, 32, 33, 127, 128, 129, 130, 255, 256, 257, 1_000]) {
      const shapes: ((i: number) => object)[] = [
        () => ({ side: "buy", size: 1 }),
        (i) => ({ side: i % 2 === 0 ? "buy" : "sell", size: i }),
        (i) => ({ side: i < rows / 2 ? undefined : "sell", size: i % 9 }),
        (i) => ({ side: i % 16 < 9 ? "buy" : undefined, size: i % 300 < 20 ? 7 : i }),
        (i) => ({ side: undefined, size: i % 3, tradeId: undefined, eventTime: undefined }),
      ];
      for (const shape of shapes) await assertLikeStock(TRADE, tableOf(TRADE, Array.from({ length: rows }, (_, i) => at(i, shape(i)))));
    }
  });

  it("is right for integers of any width, in and beyond what doubles can subtract exactly", async () => {
    const extremes = [0, 1, 255, 65_536, 2 ** 31, 2 ** 32 - 1, 2 ** 32, 2 ** 48, 2 ** 51 - 1, 2 ** 51, 2 ** 52, Number.MAX_SAFE_INTEGER];
    for (const top of extremes) {
      const ids = Array.from({ length: 300 }, (_, i) => i % 3 === 0 ? 0 : i % 3 === 1 ? top : Math.floor(top / (i + 1)));
      await assertLikeStock(TRADE, tableOf(TRADE, ids.map((tradeId, i) => at(i, { tradeId, recvTime: NOON + (i * 7_919) % 86_400 }))));
    }
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 0, max: 52 }),
        fc.array(fc.nat({ max: 2 ** 30 }), { minLength: 1, maxLength: 400 }),
        (bits, seeds) => {
          const ids = seeds.map((seed, i) => Math.floor((seed / 2 ** 30) * 2 ** bits) + i % 2);
          return assertLikeStock(TRADE, tableOf(TRADE, ids.map((tradeId, i) => at(i, { tradeId }))));
        },
      ),
      { numRuns: 60 },
    );
  });

  it("keeps a dictionary up to its limit and goes on without one beyond it; −0, 0 and the smallest doubles stay apart", async () => {
    for (const distinct of [2, 255, 256, 257, 4_096, 32_768, 32_769]) {
      const rows = Array.from({ length: Math.min(131_072, distinct * 4) }, (_, i) => at(i, { size: (i % distinct) / 8 }));
      const encoded = world.encoder.encode(TRADE, tableOf(TRADE, rows), MAGIC.length);
      assert.equal(hasDictionary(encoded, "size"), distinct * 4 <= rows.length, `${distinct} values`);
      assert.deepEqual(eventsOf(TRADE, await readBack(TRADE, encoded)), rows);
    }
    for (const distinct of [65_536, 65_537]) {
      const levels = Array.from({ length: distinct * 4 + 4 }, (_, i) => [(i % distinct) / 8, 1] as const);
      const book = tableOf(DEPTH, [at(0, { isSnapshot: true, bids: levels, asks: [] })]);
      const encoded = world.encoder.encode(DEPTH, book, MAGIC.length);
      assert.equal(hasDictionary(encoded, "bids"), distinct <= 65_536, `${distinct} prices`);
      assert.deepEqual((await readBack(DEPTH, encoded)).columns, book.columns);
    }
    const odd = [0, -0, 5e-324, -5e-324, Number.MAX_VALUE, 0.1 + 0.2, 0.3, 1 / 3];
    const rows = Array.from({ length: 200 }, (_, i) => at(i, { size: odd[i % 8], price: odd[(i * 3) % 8] }));
    const read = eventsOf(TRADE, await readBack(TRADE, world.encoder.encode(TRADE, tableOf(TRADE, rows), MAGIC.length)));
    assert.deepEqual(read, rows);
  });

  it("cuts large tables into groups of bounded rows, and depth into groups of bounded levels, losing no row", async () => {
    const trades = tableOf(TRADE, Array.from({ length: 131_072 * 2 + 5 }, (_, i) => at(i, { size: i % 11 })));
    const encoded = world.encoder.encode(TRADE, trades, MAGIC.length);
    assert.deepEqual(encoded.groups.map(({ num_rows }) => Number(num_rows)), [131_072, 131_072, 5]);
    const back = await readBack(TRADE, encoded);
    assert.deepEqual(back.columns, trades.columns);

    const levels = Array.from({ length: 5_000 }, (_, i) => [i, i % 7] as const);
    const book = Array.from(
      { length: 300 },
      (_, i) => at(i, { isSnapshot: i === 0, bids: i % 50 === 3 ? [] : levels, asks: levels.slice(0, i) }),
    );
    const depth = tableOf(DEPTH, book);
    const books = world.encoder.encode(DEPTH, depth, MAGIC.length);
    assert.ok(books.groups.length > 1, `${books.groups.length} groups`);
    assert.equal(books.groups.reduce((sum, { num_rows }) => sum + Number(num_rows), 0), 300);
    assert.deepEqual((await readBack(DEPTH, books)).columns, depth.columns);
  });

  for (const { type, event } of TYPES) {
    it(`lists groups of ${type.name} rows in a footer byte for byte as the published writer does`, () => {
      fc.assert(
        fc.property(fc.array(event, { maxLength: 40 }), fc.dictionary(fc.string(), fc.string()), (events, keys) => {
          const encoded = world.encoder.encode(type, tableOf(type, events), MAGIC.length);
          const many = { rows: 17 * encoded.rows, groups: Array(17).fill(encoded.groups).flat() };
          const keyValues = new Map([["a", "b"], ...Object.entries(keys)]);
          for (const each of [encoded, many]) {
            assert.deepEqual(metadataOf(type, each, keyValues), metadataByWriter(type, each, keyValues));
          }
        }),
        { numRuns: 30 },
      );
    });
  }

  it("leaves bounds too long for a footer to the published writer, which shortens them", () => {
    const rows = [0, 1].map((i) => at(i, { tradeKey: `${i}${"币".repeat(9)}` }));
    const metadata = readMetadata(metadataOf(TRADE, world.encoder.encode(TRADE, tableOf(TRADE, rows), MAGIC.length), new Map()));
    const { statistics } = metadata.row_groups[0]!.columns.find(({ meta_data }) => meta_data!.path_in_schema[0] === "trade_key")!
      .meta_data!;
    assert.deepEqual([statistics!.min_value, statistics!.is_min_value_exact], [`0${"币".repeat(5)}`, false]);
  });

  it("gives a column of nulls no range, and a bound of zero the sign that covers both zeros", () => {
    const rows = [0, 1].map((i) => at(i, { updateId: undefined, bidPrice: 0, bidSize: -0, askPrice: undefined, askSize: 0 }));
    const { columns } = world.encoder.encode(BBO, tableOf(BBO, rows), MAGIC.length).groups[0]!;
    const statistics = (name: string) => columns.find(({ meta_data }) => meta_data!.path_in_schema[0] === name)!.meta_data!.statistics!;
    assert.deepEqual(statistics("ask_price"), { null_count: 2n });
    assert.deepEqual(statistics("update_id"), { null_count: 2n });
    for (const name of ["bid_price", "bid_size", "ask_size"]) {
      assert.ok(Object.is(statistics(name).min_value, -0) && Object.is(statistics(name).max_value, 0), name);
    }
  });
});
