import fc from "fast-check";
import type { BboEvent } from "../../../src/events/bbo.ts";
import { bbo } from "../../../src/events/bbo.ts";
import { depth, type DepthEvent } from "../../../src/events/depth.ts";
import type { EventBase, EventType, Level } from "../../../src/events/event_type.ts";
import { trade, type TradeEvent } from "../../../src/events/trade.ts";
import { type StorageWorld, storageWorld } from "../../../src/processing/storage/day_file.ts";
import { US_PER_DAY } from "../../../src/lib/time.ts";
import type { SealedTable } from "../../../src/processing/storage/table.ts";
import { Table } from "../../../src/processing/storage/table.ts";
import { loadRuntime } from "../../../src/runtime/load.ts";

export const runtime = await loadRuntime(import.meta.url);
export const NOON = 1_795_089_600_000_000; // 2026-11-19T12:00:00Z
export const world: StorageWorld = storageWorld(
  { ...runtime, clock: { monotonicMs: () => runtime.clock.monotonicMs(), wallTime: () => NOON + US_PER_DAY / 2 } },
  "argus test",
);

const BASE = { source: "binance", symbol: "BTCUSDT" } as const;
const time = fc.integer({ min: NOON, max: NOON + 3_600_000_000 });
const id = fc.oneof(fc.integer({ min: 0, max: 1_000 }), fc.maxSafeNat());
const price = fc.oneof(
  fc.integer({ min: 1, max: 9_999_999 }).map((cents) => cents / 100),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.constantFrom(0, -0, 5e-324, Number.MAX_VALUE),
);
const origin = fc.constantFrom("live", "heal", "snapshot" as const);
const absent = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined, freq: 3 });
const levels: fc.Arbitrary<Level[]> = fc.array(fc.tuple(price, price), { maxLength: 12 });

export const bboEvent: fc.Arbitrary<BboEvent> = fc.record({
  recvTime: time,
  eventTime: absent(time),
  source: fc.constant(BASE.source),
  symbol: fc.constant(BASE.symbol),
  updateId: absent(id),
  bidPrice: absent(price),
  bidSize: absent(price),
  askPrice: absent(price),
  askSize: absent(price),
  origin,
}, { noNullPrototype: true });
export const tradeEvent: fc.Arbitrary<TradeEvent> = fc.record({
  recvTime: time,
  eventTime: absent(time),
  source: fc.constant(BASE.source),
  symbol: fc.constant(BASE.symbol),
  tradeId: absent(id),
  tradeKey: absent(fc.string({ unit: "grapheme", maxLength: 12 })),
  price,
  size: price,
  side: fc.constantFrom("buy", "sell", undefined),
  origin,
}, { noNullPrototype: true });
export const depthEvent: fc.Arbitrary<DepthEvent> = fc.record({
  recvTime: time,
  eventTime: absent(time),
  source: fc.constant(BASE.source),
  symbol: fc.constant(BASE.symbol),
  firstUpdateId: absent(id),
  lastUpdateId: absent(id),
  prevUpdateId: absent(id),
  isSnapshot: fc.boolean(),
  bids: levels,
  asks: levels,
  origin,
}, { noNullPrototype: true });

/** Each type with the events it may have. */
export const TYPES: readonly { readonly type: EventType; readonly event: fc.Arbitrary<EventBase> }[] = [
  { type: bbo as unknown as EventType, event: bboEvent },
  { type: trade as unknown as EventType, event: tradeEvent },
  { type: depth as unknown as EventType, event: depthEvent },
];

export function tableOf(type: EventType, events: readonly EventBase[]): SealedTable {
  const table = new Table(type);
  for (const event of events) table.append(event);
  return table.seal();
}

/** Back to events, so that what was stored can be compared with what came in. */
export function eventsOf(type: EventType, table: SealedTable): EventBase[] {
  const at = new Array<number>(table.columns.length).fill(0);
  return Array.from({ length: table.rows }, (_, row) =>
    Object.fromEntries(type.columns.map(({ field }, i) => {
      const column = table.columns[i]!;
      switch (column.kind) {
        case "numbers":
          return [field, Number.isNaN(column.values[row]!) ? undefined : column.values[row]!];
        case "flags":
          return [field, column.values[row] === 1];
        case "texts":
          return [field, column.codes[row] === 0 ? undefined : column.values[column.codes[row]! - 1]];
        case "levels": {
          const from = at[i]!;
          at[i] = from + column.counts[row]!;
          return [field, Array.from({ length: column.counts[row]! }, (_, k) => [column.prices[from + k]!, column.sizes[from + k]!])];
        }
      }
    })) as unknown as EventBase);
}

let sequence = 0;
/** A trade that is like no other. */
export function aTrade(recvTime = NOON, symbol = "BTCUSDT"): TradeEvent {
  sequence++;
  return {
    recvTime,
    eventTime: recvTime - 1_000,
    source: "binance",
    symbol,
    tradeId: sequence,
    tradeKey: undefined,
    price: sequence / 100,
    size: 0.5,
    side: sequence % 2 === 0 ? "buy" : "sell",
    origin: "live",
  };
}
