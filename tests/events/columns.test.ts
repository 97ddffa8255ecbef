import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { bbo } from "../../src/events/bbo.ts";
import { depth } from "../../src/events/depth.ts";
import type { EventBase, EventType } from "../../src/events/event_type.ts";
import { snakeCase } from "../../src/events/market_columns.ts";
import { EVENT_TYPES, eventTypeOf } from "../../src/events/registry.ts";
import { trade } from "../../src/events/trade.ts";

/**
 * What users were promised: names, order, `?` = may be null. A column that moves, is renamed or changes its type is a change of file format:
 * it needs a new `version` and a line in the changelog.
 */
const PROMISED: Readonly<Record<string, readonly string[]>> = {
  bbo: ["update_id? int64", "bid_price? double", "bid_size? double", "ask_price? double", "ask_size? double"],
  trade: ["trade_id? int64", "trade_key? string", "price double", "size double", "side? string"],
  depth: [
    "first_update_id? int64",
    "last_update_id? int64",
    "prev_update_id? int64",
    "is_snapshot boolean",
    "bids levels",
    "asks levels",
  ],
  gap: [
    "data_type string",
    "after_id? int64",
    "before_id? int64",
    "missing? int64",
    "from_time timestamp",
    "to_time timestamp",
    "reason string",
    "outcome string",
    "healed_rows int64",
  ],
  session: ["event string", "worker? string", "detail? string", "code? int64"],
  instrument: [
    "base string",
    "quote string",
    "kind string",
    "status string",
    "tick_size? double",
    "lot_size? double",
    "contract_size? double",
    "expiry? timestamp",
    "change string",
  ],
};
const BEFORE = ["recv_time timestamp", "event_time? timestamp", "source string", "symbol string"];
const AFTER = ["origin string"];

describe("an event type", () => {
  it("has the columns the contract names, in that order", () => {
    assert.deepEqual(EVENT_TYPES.map(({ name }) => name).sort(), Object.keys(PROMISED).sort());
    for (const { name, columns } of EVENT_TYPES) {
      const found = columns.map((column) => `${column.name}${column.isNullable ? "?" : ""} ${column.kind}`);
      assert.deepEqual(found, [...BEFORE, ...PROMISED[name]!, ...AFTER], name);
    }
  });

  it("calls its columns like its fields, once each", () => {
    for (const { columns } of EVENT_TYPES) {
      for (const { name, field } of columns) assert.equal(name, field.replace(/[A-Z]/g, (letter) => `_${letter}`).toLowerCase());
      assert.equal(new Set(columns.map(({ name }) => name)).size, columns.length);
    }
  });

  it("writes each column in a way its kind can be written, and says what it means", () => {
    const allowed = {
      timestamp: ["delta"],
      int64: ["delta"],
      double: ["plain", "dictionary"],
      string: ["dictionary"],
      boolean: ["rle"],
      levels: ["dictionary"],
    } as const;
    for (const { doc, columns } of EVENT_TYPES) {
      assert.match(doc, /^[A-Z].*\.$/);
      for (const column of columns) {
        assert((allowed[column.kind] as readonly string[]).includes(column.encoding), `${column.name}: ${column.encoding}`);
        assert.match(column.doc, /^[^|\n]+[^.|\n]$/, `${column.name}: one line without a full stop, for the dictionary`);
      }
    }
  });

  it("is found by its name, and only by it", () => {
    assert.equal(eventTypeOf("bbo"), bbo as unknown as EventType);
    assert.equal(eventTypeOf("Bbo"), undefined);
  });
});

describe("snakeCase", () => {
  it("turns a field into its column", () => {
    const cases = { price: "price", recvTime: "recv_time", takerBuyQuoteVolume: "taker_buy_quote_volume", isSnapshot: "is_snapshot" };
    for (const [field, column] of Object.entries(cases)) assert.equal(snakeCase(field), column);
  });
});

describe("a sequence key", () => {
  const base: EventBase = { recvTime: 1, eventTime: undefined, source: "binance", symbol: "BTCUSDT", origin: "live" };
  const sides = { bidPrice: 1, bidSize: 1, askPrice: 2, askSize: 1 };

  it("is the one id of a trade or of a best price, twice", () => {
    const print = { ...base, tradeKey: undefined, price: 1, size: 1, side: undefined };
    assert.deepEqual(trade.sequenceKey({ ...print, tradeId: 7 }), [7, 7]);
    assert.deepEqual(trade.sequenceKey({ ...print, tradeId: 0 }), [0, 0], "0 is an id");
    assert.deepEqual(bbo.sequenceKey({ ...base, ...sides, updateId: 9 }), [9, 9]);
  });

  it("is the window of a depth event, or its last id where the venue names no first", () => {
    const window = { ...base, prevUpdateId: undefined, isSnapshot: false, bids: [], asks: [] };
    assert.deepEqual(depth.sequenceKey({ ...window, firstUpdateId: 3, lastUpdateId: 5 }), [3, 5]);
    assert.deepEqual(depth.sequenceKey({ ...window, firstUpdateId: undefined, lastUpdateId: 5 }), [5, 5]);
  });

  it("is absent where the venue numbers nothing", () => {
    assert.equal(trade.sequenceKey({ ...base, tradeId: undefined, tradeKey: "a-1", price: 1, size: 1, side: undefined }), undefined);
    assert.equal(bbo.sequenceKey({ ...base, ...sides, updateId: undefined }), undefined);
    const window = { ...base, prevUpdateId: undefined, isSnapshot: true, bids: [], asks: [] };
    assert.equal(depth.sequenceKey({ ...window, firstUpdateId: 3, lastUpdateId: undefined }), undefined);
  });
});
