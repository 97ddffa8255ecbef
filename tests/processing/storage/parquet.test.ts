import assert from "node:assert/strict";
import * as fs from "node:fs";
import { describe, it } from "node:test";
import fc from "fast-check";
import { appendRows, contentOf, fileEnd, KEY, newFileBytes } from "../../../src/processing/storage/day_file.ts";
import { rowsOfTable } from "../../../src/processing/storage/rows.ts";
import { keyValuesOf, readMetadata } from "../../../src/processing/storage/parquet/footer.ts";
import { Watermark } from "../../../src/processing/storage/watermark.ts";
import { tempFolder } from "../../support/temp_folder.ts";
import { stockTable } from "../../support/stock_decoder.ts";
import { eventsOf, tableOf, TYPES, world } from "./support.ts";

const folder = tempFolder("parquet");
const PATH = "binance/x/BTCUSDT";

function endOf(bytes: Uint8Array) {
  return fileEnd(world, { readAt: (offset, length) => bytes.slice(offset, offset + length) }, bytes.length);
}

describe("a Parquet file of ours", () => {
  for (const { type, event } of TYPES) {
    it(`gives ${type.name} rows back bit for bit`, async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(event, { minLength: 1, maxLength: 200 }), async (events) => {
          const bytes = newFileBytes(world, type, PATH, tableOf(type, events), Watermark.empty().with("h", [1]));
          const end = endOf(bytes)!;
          assert.deepEqual(eventsOf(type, await stockTable(type, bytes, end.metadata, world.compression)), events);
          assert.equal(end.watermark.toString(), "h:1-1");
        }),
        { numRuns: 60 },
      );
    });

    it(`keeps what it holds byte for byte when ${type.name} rows are appended, and gives all rows back in order`, async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(fc.array(event, { minLength: 1, maxLength: 30 }), { minLength: 1, maxLength: 20 }), async (parts) => {
          const path = `${folder}/${type.name}.pq`;
          fs.writeFileSync(path, newFileBytes(world, type, PATH, tableOf(type, parts[0]!), Watermark.empty().with("h", [1])));
          const file = world.disk.open(path, "update");
          let previous = new Uint8Array(fs.readFileSync(path));
          for (const [i, events] of parts.slice(1).entries()) {
            const end = fileEnd(world, file, file.size())!;
            appendRows(world, file, end, type, PATH, rowsOfTable(tableOf(type, events)), end.watermark.with("h", [i + 2]));
            const now = new Uint8Array(fs.readFileSync(path));
            assert.ok(Buffer.compare(now.subarray(0, previous.length), previous) === 0, "old bytes changed");
            previous = now;
          }
          file.close();
          const end = endOf(previous)!;
          assert.equal(Number(end.metadata.num_rows), parts.flat().length);
          assert.equal(end.metadata.row_groups.length, parts.length);
          assert.equal(end.watermark.toString(), `h:1-${parts.length}`);
          assert.deepEqual(eventsOf(type, await stockTable(type, previous, end.metadata, world.compression)), parts.flat());
        }),
        { numRuns: 20 },
      );
    });
  }

  it("keeps keys it does not know and replaces its own", () => {
    const [{ type, event }] = TYPES as [(typeof TYPES)[0]];
    const rows = () => tableOf(type, fc.sample(event, 3));
    const path = `${folder}/keys.pq`;
    fs.writeFileSync(path, newFileBytes(world, type, PATH, rows(), Watermark.empty().with("h", [1])));
    const file = world.disk.open(path, "update");
    const end = fileEnd(world, file, file.size())!;
    const foreign = { ...end, keyValues: new Map([...end.keyValues, ["someone.else", "kept"]]) };
    appendRows(world, file, foreign, type, PATH, rowsOfTable(rows()), end.watermark.with("g", [4]));
    const now = fileEnd(world, file, file.size())!;
    file.close();
    assert.equal(now.keyValues.get("someone.else"), "kept");
    assert.equal(now.keyValues.get(KEY.merged), "h:1-1,g:4-4");
    assert.equal(now.keyValues.size, 9);
    assert.deepEqual([...keyValuesOf(readMetadata(now.metadataBytes)).keys()].sort(), [...now.keyValues.keys()].sort());
  });

  it("has no end that is accepted at any truncation, nor with any bit of its footer or last rows flipped", () => {
    const [{ type, event }] = TYPES as [(typeof TYPES)[0]];
    const rows = fc.sample(event, { numRuns: 40, seed: 1 });
    const bytes = newFileBytes(world, type, PATH, tableOf(type, rows), Watermark.empty().with("h", [1]));
    for (let length = 0; length < bytes.length; length++) assert.equal(endOf(bytes.slice(0, length)), undefined, `cut at ${length}`);
    for (let at = 4; at < bytes.length; at++) {
      const flipped = bytes.slice();
      flipped[at]! ^= 1 << at % 8;
      assert.equal(endOf(flipped), undefined, `a flipped bit at ${at} of ${bytes.length}`);
    }
  });

  it("says what its content must be through every append, so that a flipped bit anywhere is noticed, in dead footers too", () => {
    const [{ type, event }] = TYPES as [(typeof TYPES)[0]];
    const path = `${folder}/content.pq`;
    fs.writeFileSync(path, newFileBytes(world, type, PATH, tableOf(type, fc.sample(event, 5)), Watermark.empty().with("h", [1])));
    const file = world.disk.open(path, "update");
    for (let n = 2; n <= 4; n++) {
      const end = fileEnd(world, file, file.size())!;
      appendRows(world, file, end, type, PATH, rowsOfTable(tableOf(type, fc.sample(event, 5))), end.watermark.with("h", [n]));
    }
    file.close();
    const bytes = new Uint8Array(fs.readFileSync(path));
    const content = contentOf(endOf(bytes)!);
    assert.equal(world.compression.crc32(bytes.subarray(0, content.bytes)), content.crc);
    assert.ok(content.bytes > bytes.length / 2);
  });
});
