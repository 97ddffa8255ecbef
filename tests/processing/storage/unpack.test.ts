import assert from "node:assert/strict";
import { it } from "node:test";
import { Bytes } from "../../../src/processing/storage/parquet/bytes.ts";
import { integerPages } from "../../../src/processing/storage/parquet/column_pages.ts";
import { PackedPlaces } from "../../../src/processing/storage/parquet/packed_places.ts";
import { rleHybrid } from "../../../src/processing/storage/parquet/rle.ts";
import { unpackDelta } from "../../../src/processing/storage/parquet/unpack_delta.ts";
import { RleCursor } from "../../../src/processing/storage/parquet/unpack_rle.ts";
import { SeededRandom } from "../../../src/sim/world/seeded_random.ts";

/** Values of a width, in runs of one value and of many, as pages have them. */
function valuesOf(random: SeededRandom, width: number, count: number): Uint32Array {
  const values = new Uint32Array(count);
  for (let at = 0; at < count;) {
    const end = Math.min(count, at + 1 + random.below(40));
    const isRun = random.below(3) === 0;
    const value = random.below(2 ** width);
    for (; at < end; at++) values[at] = isRun ? value : random.below(2 ** width);
  }
  return values;
}

function packed(values: Uint32Array, width: number): Uint8Array {
  const out = new Bytes();
  out.byte(width);
  rleHybrid(out, values, width);
  return out.view().slice();
}

it("unpacks indices of every width, from anywhere and in pieces of any size, as they were packed", () => {
  const random = new SeededRandom(5, "indices");
  for (let width = 0; width <= 24; width++) {
    for (const count of [1, 7, 8, 9, 1_000 + random.below(500)]) {
      const values = valuesOf(random, width, count);
      const bytes = packed(values, width);
      const cursor = new RleCursor(bytes.subarray(1), width);
      for (let at = 0; at < count;) {
        const some = Math.min(count - at, 1 + random.below(90));
        const out = new Uint32Array(some);
        if (random.below(3) === 0) cursor.skip(some);
        else {
          const greatest = cursor.take(out, some);
          assert.deepEqual(out, values.slice(at, at + some), `width ${width}, at ${at} of ${count}`);
          assert.equal(greatest, Math.max(...out));
        }
        at += some;
      }
      const from = random.below(count);
      const pieces: number[] = [];
      new PackedPlaces(bytes, count, 2 ** width).inPieces(from, count, new Uint32Array(64), (piece, length) => {
        pieces.push(...piece.subarray(0, length));
      });
      assert.deepEqual(pieces, [...values.subarray(from)]);
    }
  }
});

it("refuses an index beyond its dictionary, and indices that are not all there", () => {
  const places = Uint32Array.from({ length: 100 }, (_, i) => i);
  const bytes = packed(places, 7);
  const take = (raw: Uint8Array, limit: number) => new PackedPlaces(raw, 100, limit).take(new Uint32Array(100), 0, 100);
  assert.doesNotThrow(() => take(bytes, 100));
  assert.throws(() => take(bytes, 99), RangeError);
  for (let length = 0; length < bytes.length; length++) assert.throws(() => take(bytes.slice(0, length), 100), RangeError);
});

it("unpacks integers that rise by anything, alone at the end of their memory or not", () => {
  const random = new SeededRandom(6, "deltas");
  for (let bits = 0; bits <= 46; bits++) {
    const count = 1 + random.below(700);
    let value = -(2 ** 40);
    const column = Float64Array.from({ length: count }, () => value += Math.floor(2 ** bits * random.below(1_000) / 1_000));
    const raw = integerPages(column, false).pages[0]!.values.slice();
    const within = new Uint8Array(raw.length + 9).fill(255);
    within.set(raw, 5);
    for (const bytes of [raw, within.subarray(5, 5 + raw.length)]) {
      assert.deepEqual(unpackDelta(bytes, count), column, `${bits} bits, ${count} values`);
    }
  }
});
