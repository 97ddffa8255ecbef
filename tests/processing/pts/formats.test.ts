import assert from "node:assert/strict";
import * as fs from "node:fs";
import { describe, it } from "node:test";
import fc from "fast-check";
import { askEvents } from "../../../src/app/ask_history.ts";
import { loadConfig } from "../../../src/app/config.ts";
import type { EventType } from "../../../src/events/event_type.ts";
import type { Format } from "../../../src/processing/pts/formats.ts";
import { FlushHandler } from "../../../src/processing/storage/flush_handler.ts";
import { duckdb, quoted } from "../../readers/readers.ts";
import { tempFolder } from "../../support/temp_folder.ts";
import { NOON, runtime, tableOf, TYPES, world } from "../storage/support.ts";

const folder = tempFolder("formats");
const { config } = loadConfig(runtime, { dataPath: `${folder}/data` });

async function answered(path: string, format: Format): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  const asked = { path, from: NOON + 1_000_000, to: NOON + 3_500_000_000, limit: 700, format };
  await askEvents(runtime, config, asked, (bytes) => {
    pieces.push(bytes.slice());
    return Promise.resolve(true);
  });
  return new Uint8Array(Buffer.concat(pieces));
}

/** RFC 4180 by hand: a field is quoted, quotes in it are doubled; undefined for nothing at all. */
function csvRows(text: string): (string | undefined)[][] {
  const rows: (string | undefined)[][] = [];
  for (let at = 0; at < text.length;) {
    const row: (string | undefined)[] = [];
    for (;;) {
      if (text[at] === '"') {
        let end = at + 1;
        while (text[end] !== '"' || text[end + 1] === '"') end += text[end] === '"' ? 2 : 1;
        row.push(text.slice(at + 1, end).replaceAll('""', '"'));
        at = end + 1;
      } else {
        const end = at + text.slice(at).search(/,|\r\n/);
        row.push(end === at ? undefined : text.slice(at, end));
        at = end;
      }
      if (text[at++] !== ",") break;
    }
    assert.equal(text[at++], "\n");
    rows.push(row);
  }
  return rows;
}

const levels = (value: unknown) =>
  (value as { items: { entries: { price: number; size: number } }[] }).items.map(({ entries: { price, size } }) => [price, size]);

describe("a range of events", () => {
  for (const { type: known, event } of TYPES) {
    const type = known as EventType;
    it(`is the same values as NDJSON, CSV and Parquet: ${type.name}`, async () => {
      const rows = fc.sample(event, { numRuns: 900, seed: 21 });
      const handler = new FlushHandler(world, type, { dataPath: `${folder}/data`, source: "binance", flushIntervalMs: 60_000, tell() {} });
      handler.bump_all("a");
      for (const [i, from] of [0, 300, 600].entries()) {
        handler.accept("BTCUSDT", "a", i + 1, tableOf(type, rows.slice(from, from + 300)));
        if (i < 2) handler.flushAll("BTCUSDT"); // the last ones wait as a chunk
      }
      const path = `binance/${type.name}/BTCUSDT`;
      const asked = rows.filter(({ recvTime }) => recvTime >= NOON + 1_000_000 && recvTime < NOON + 3_500_000_000).slice(0, 700);
      const lines = new TextDecoder().decode(await answered(path, "ndjson")).split("\n").filter((line) => line !== "");
      const inJson = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
      assert.equal(inJson.length, asked.length);
      const [head, ...inCsv] = csvRows(new TextDecoder().decode(await answered(path, "csv")));
      assert.deepEqual(head, type.columns.map(({ name }) => name));
      fs.writeFileSync(`${folder}/${type.name}.pq`, await answered(path, "parquet"));
      const selected = type.columns.map(({ name, kind }) => kind === "timestamp" ? `epoch_us(${name}) AS ${name}` : name).join(", ");
      const inParquet = await (await duckdb())(`SELECT ${selected} FROM read_parquet(${quoted(`${folder}/${type.name}.pq`)})`);
      assert.deepEqual([inCsv.length, inParquet.length], [asked.length, asked.length]);
      for (const [i, row] of asked.entries()) {
        for (const [j, { name, field, kind }] of type.columns.entries()) {
          const value = (row as unknown as Record<string, unknown>)[field] ?? null;
          const [json, cell, stored] = [inJson[i]![name], inCsv[i]![j], inParquet[i]![name] ?? null];
          const why = `${name} of row ${i}`;
          if (value === null) assert.deepEqual([json, cell, stored], [null, undefined, null], why);
          else if (kind === "levels") {
            const pairs = value as number[][];
            const plain = (each: number[][]) => each.map((pair) => pair.map((number) => number + 0)); // text has no −0
            assert.deepEqual((json as { price: number; size: number }[]).map(({ price, size }) => [price, size]), plain(pairs), why);
            assert.deepEqual(JSON.parse(cell!), plain(pairs), why);
            assert.deepEqual(levels(stored), pairs, why);
          } else if (kind === "timestamp") {
            const micros = (text: string) => Date.parse(`${text.slice(0, 19)}Z`) * 1_000 + Number(text.slice(20, 26));
            assert.deepEqual([micros(json as string), micros(cell!), Number(stored)], [value, value, value], why);
          } else if (kind === "int64" || kind === "double") {
            assert.deepEqual(
              [json, Number(cell), Number(stored)].map((each) => (each as number) + 0),
              Array(3).fill((value as number) + 0),
              why,
            );
          } else assert.deepEqual([json, cell, stored], [value, String(value), value], why);
        }
      }
    });
  }
});
