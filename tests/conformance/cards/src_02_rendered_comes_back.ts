import assert from "node:assert/strict";
import fc from "fast-check";
import type { MarketEvent, PriceSize, Topic } from "../../../src/exchanges/dialect.ts";
import { ABSENT, movesBest, SymbolValues } from "../../../src/sim/venue/symbol_values.ts";
import type { Card } from "../card.ts";
import { describe, read, SEED, SYMBOL_CHARS } from "../subject.ts";

export const TYPES = ["trade", "bbo", "depth"] as const;
export const symbols = fc.string({ unit: fc.constantFrom(...SYMBOL_CHARS), minLength: 2, maxLength: 12 });
const TIME = 1_795_000_000_123_456;
/** An update after which one side of the book is empty; rare, and at the same place in every made-up market. */
const ONE_SIDED = Array.from({ length: 2_000 }, (_, n) => n).find((n) => movesBest(n) && isOneSided(new SymbolValues(0, "X"), n))!;

export const numbers = fc.oneof(fc.nat(1_000_000), fc.constant(ONE_SIDED));

export const renderedComesBack: Card = {
  id: "SRC-02",
  promise: "decoding what the dialect renders gives the event back, in either time unit",
  // Skip when: the source has no dialect, so nothing but the venue speaks its language.
  skip: ({ dialect }) => dialect === undefined ? "no dialect" : undefined,
  check({ source, dialect }) {
    assert(dialect !== undefined);
    let inexact = 0;
    const property = fc.property(fc.nat(), symbols, numbers, fc.integer({ min: 1, max: 30 }), (seed, symbol, n, length) => {
      for (const type of TYPES) {
        const topic: Topic = { type, symbol };
        const stream = dialect.streamOf(topic);
        if (source.channelOf(stream) === undefined) continue;
        const event = marketEvent(new SymbolValues(seed, symbol, { inexactOneIn: 5 }), topic, n, length);
        for (const timeUnit of new Set([source.timeUnit, "ms"] as const)) {
          const payload = dialect.render(event, timeUnit);
          const { decoded, counts } = read(source, timeUnit, dialect.envelope(stream, payload, true), TIME);
          assert(decoded.kind === "events" && decoded.events.length === 1, `${describe(decoded)}: ${payload}`);
          const { eventTime, ...fields } = decoded.events[0] as unknown as Record<string, unknown>;
          const expected = { recvTime: TIME, source: source.id, symbol, origin: "live", ...fieldsOf(event) };
          assert.deepEqual(pick(fields, Object.keys(expected)), expected, payload);
          const unit = timeUnit === "ms" ? 1_000 : 1;
          if (eventTime !== undefined) assert.equal(eventTime, Math.floor(TIME / unit) * unit, payload);
          inexact += counts.inexactDecimals;
        }
      }
    });
    fc.assert(property, { seed: SEED, numRuns: 200 });
    assert(inexact > 0, "no decimal that DOUBLE cannot restore was among them, or none was counted");
  },
};

export function marketEvent(values: SymbolValues, { type, symbol }: Topic, n: number, length: number): MarketEvent {
  switch (type) {
    case "trade":
      return { ...values.trade(n), time: TIME, sentTime: TIME + values.tradeDelayUs(n) };
    case "bbo":
      return values.bbo(movesBest(n) ? n : 5 * n + 1);
    case "depth": {
      const first = values.firstUpdateId + n;
      return { type, symbol, firstUpdateId: first, lastUpdateId: first + length - 1, ...values.changes(n, n + length - 1), time: TIME };
    }
  }
}

function isOneSided(values: SymbolValues, n: number): boolean {
  const { bidSize, askSize } = values.bbo(n);
  return (bidSize === ABSENT) !== (askSize === ABSENT);
}

/** What must be in the event, written from the market's side. */
function fieldsOf(event: MarketEvent): Record<string, unknown> {
  switch (event.type) {
    case "trade":
      return { tradeId: event.id, price: Number(event.price), size: Number(event.size), side: event.isBuyerMaker ? "sell" : "buy" };
    case "bbo":
      return {
        updateId: event.updateId,
        bidPrice: present(event.bidPrice, event.bidSize),
        bidSize: present(event.bidSize, event.bidSize),
        askPrice: present(event.askPrice, event.askSize),
        askSize: present(event.askSize, event.askSize),
      };
    case "depth":
      return { lastUpdateId: event.lastUpdateId, isSnapshot: false, bids: event.bids.map(level), asks: event.asks.map(level) };
  }
}

function present(text: string, size: string): number | undefined {
  return size === ABSENT ? undefined : Number(text);
}

function level([price, size]: PriceSize): number[] {
  return [Number(price), Number(size)];
}

function pick(from: Record<string, unknown>, keys: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(keys.map((key) => [key, from[key]]));
}
