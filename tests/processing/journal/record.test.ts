import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import type { EventBase, EventType } from "../../../src/events/event_type.ts";
import { trade } from "../../../src/events/trade.ts";
import { BatchBuilder } from "../../../src/processing/journal/batch.ts";
import { HEADER_BYTES, recordAt, recordBytes, RecordEncoder, sealRecord } from "../../../src/processing/journal/record.ts";
import { type Found, readSegment } from "../../../src/processing/journal/segment.ts";
import { aTrade, eventsOf, NOON, runtime, tableOf, TYPES } from "../storage/support.ts";

const { compression } = runtime;
const TRADE = trade as unknown as EventType;
const HASH = "20261119T120000Z-0a1b2c3d";
const encoder = new RecordEncoder(compression, HASH);

interface Given {
  readonly path: string;
  readonly chunk: number;
  readonly before: number;
  readonly first: number;
  readonly events: readonly EventBase[];
}

function recordOf(type: EventType, runs: readonly Given[], sequence = 0): Uint8Array<ArrayBuffer> {
  const builder = new BatchBuilder(type);
  for (const { events, ...place } of runs) builder.keepAll(place, tableOf(type, events));
  const record = encoder.encode(builder.take()!.batch);
  sealRecord(compression, record, sequence);
  return record;
}

/** Records of a few trades each, one behind the other. */
function segmentOf(records: number): { readonly bytes: Uint8Array; readonly ends: number[] } {
  const parts = Array.from(
    { length: records },
    (_, i) =>
      recordOf(TRADE, [{
        path: `binance/trade/S${i % 3}`,
        chunk: 1,
        before: 0,
        first: 2 * i,
        events: [aTrade(NOON + i), aTrade(NOON + i)],
      }], i),
  );
  const ends: number[] = [];
  for (const part of parts) ends.push((ends.at(-1) ?? 0) + part.length);
  return { bytes: new Uint8Array(parts.flatMap((part) => [...part])), ends };
}

function read(bytes: Uint8Array): { readonly sequences: number[]; readonly damages: Extract<Found, { kind: "damage" }>[] } {
  const found = [...readSegment(compression, bytes)];
  return {
    sequences: found.flatMap((each) => each.kind === "record" ? [each.record.sequence] : []),
    damages: found.flatMap((each) => each.kind === "damage" ? [each] : []),
  };
}

describe("a journal record", () => {
  for (const { type, event } of TYPES) {
    it(`gives every ${type.name} back bit for bit, with where it stands`, () => {
      const run = fc.record({
        path: fc.string({ unit: "grapheme", maxLength: 8 }).filter((text) => !text.includes("\n")).map((text) =>
          `binance/${type.name}/${text}`
        ),
        chunk: fc.integer({ min: 1, max: 2 ** 32 - 1 }),
        before: fc.nat({ max: 2 ** 45 }),
        first: fc.nat({ max: 65_535 }),
        events: fc.array(event, { minLength: 1, maxLength: 40 }),
      });
      fc.assert(
        fc.property(fc.array(run, { minLength: 1, maxLength: 6 }), fc.nat({ max: 2 ** 32 - 1 }), (runs, sequence) => {
          const bytes = recordOf(type, runs, sequence);
          const record = recordAt(compression, bytes, 0);
          assert.ok(record !== undefined && recordBytes(bytes, 0) === bytes.length);
          assert.deepEqual([record.hash, record.schema, record.sequence], [HASH, `${type.name}/${type.version}`, sequence]);
          const times = runs.map(({ events }) => events.map(({ recvTime }) => recvTime));
          assert.deepEqual(
            record.runs,
            runs.map(({ events, ...place }, i) => ({
              ...place,
              rows: events.length,
              fromTime: Math.min(...times[i]!),
              toTime: Math.max(...times[i]!),
            })),
          );
          assert.deepEqual(record.tables().map((table) => eventsOf(type, table)), runs.map(({ events }) => events));
        }),
        { seed: 11, numRuns: 120 },
      );
    });
  }

  it("is no longer than what its rows need", () => {
    const events = Array.from({ length: 2_000 }, (_, i) => aTrade(NOON + 700 * i));
    const { length } = recordOf(TRADE, [{ path: "binance/trade/BTCUSDT", chunk: 1, before: 0, first: 0, events }]);
    assert.ok(length / events.length < 12, `${length / events.length} bytes a row`);
  });
});

describe("a segment", () => {
  it("cut off at any byte is read up to there, and what is cut is told", () => {
    const { bytes, ends } = segmentOf(40);
    for (let length = 0; length <= bytes.length; length++) {
      const { sequences, damages } = read(bytes.subarray(0, length));
      const whole = ends.filter((end) => end <= length).length;
      assert.equal(sequences.length, whole);
      const rest = length - (ends[whole - 1] ?? 0);
      assert.deepEqual(damages, rest === 0 ? [] : [{ kind: "damage", at: length - rest, bytes: rest, isTorn: true }], `at ${length}`);
    }
  });

  it("with any bit flipped loses the record it is in, tells it, and no other", () => {
    const { bytes, ends } = segmentOf(12);
    for (let bit = 0; bit < 8 * bytes.length; bit += 5) {
      const flipped = bytes.slice();
      flipped[bit >> 3]! ^= 1 << (bit & 7);
      const hit = ends.findIndex((end) => end > bit >> 3);
      const { sequences, damages } = read(flipped);
      assert.deepEqual(sequences, ends.map((_, i) => i).filter((i) => i !== hit), `bit ${bit}`);
      assert.equal(damages.length, 1, `bit ${bit}: ${JSON.stringify(damages)}`);
    }
  });

  it("with noise, pieces cut out or foreign bytes between is read on behind them", () => {
    const { bytes, ends } = segmentOf(30);
    fc.assert(
      fc.property(
        fc.nat({ max: bytes.length - 1 }),
        fc.integer({ min: 1, max: 700 }),
        fc.constantFrom("noise", "cut", "foreign"),
        (from, length, what) => {
          const to = Math.min(bytes.length, from + length);
          const middle = what === "cut"
            ? []
            : what === "noise"
            ? bytes.slice(from, to).map((byte) => ~byte)
            : new TextEncoder().encode("AJ01?".repeat(length));
          const damaged = new Uint8Array([...bytes.subarray(0, from), ...middle, ...bytes.subarray(to)]);
          const { sequences, damages } = read(damaged);
          const kept = ends.map((end, i) => ({ i, from: ends[i - 1] ?? 0, end })).filter((each) => each.end <= from || each.from >= to);
          assert.deepEqual(sequences, kept.map(({ i }) => i));
          // Whole records cut off the very end are as if they had never been written.
          const isUnnoticed = what === "cut" && to === bytes.length && (from === 0 || ends.includes(from));
          assert.equal(damages.length > 0, !isUnnoticed);
        },
      ),
      { seed: 5, numRuns: 300 },
    );
  });

  it("whose end was never written, or is zeros, is torn as by a crash; anything else is damage", () => {
    const { bytes, ends } = segmentOf(3);
    const torn = (more: readonly number[]) => read(new Uint8Array([...bytes, ...more])).damages.map(({ isTorn }) => isTorn);
    assert.deepEqual(torn([...bytes.subarray(0, HEADER_BYTES)]), [true]);
    assert.deepEqual(torn([...bytes.subarray(0, 3)]), [true]);
    assert.deepEqual(torn(Array(5_000).fill(0)), [true]);
    assert.deepEqual(torn([1, 2, 3]), [false]);
    const wrong = bytes.slice();
    wrong[ends[2]! - 1]! ^= 1;
    assert.deepEqual(read(wrong).damages.map(({ isTorn }) => isTorn), [false]);
  });
});
