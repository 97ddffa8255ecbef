import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as path from "node:path";
import { describe, it } from "node:test";
import { parquetWriteBuffer } from "hyparquet-writer";
import { bbo } from "../../../src/events/bbo.ts";
import type { EventType } from "../../../src/events/event_type.ts";
import type { TradeEvent } from "../../../src/events/trade.ts";
import { US_PER_DAY } from "../../../src/lib/time.ts";
import { StorageError } from "../../../src/lib/errors.ts";
import { newFileBytes } from "../../../src/processing/storage/day_file.ts";
import { chunkPath } from "../../../src/processing/storage/paths.ts";
import { Watermark } from "../../../src/processing/storage/watermark.ts";
import { tempFolder } from "../../support/temp_folder.ts";
import { copyOut, Day, PATH, trades, TYPE, worldOn } from "./day.ts";
import { NOON, tableOf, world } from "./support.ts";

const folder = tempFolder("damage");
let folders = 0;
const day = (dataPath = `${folder}/${++folders}`, generations = ["g1"]) => new Day(worldOn(world.disk), dataPath, generations);

interface ChunkLike {
  readonly type?: EventType;
  readonly path?: string;
  readonly watermark?: Watermark;
}

const own = (chunk: number, hash = "g1") => Watermark.empty().with(hash, [chunk]);

function chunkOf(
  chunk: number,
  events: readonly TradeEvent[],
  { type = TYPE, path = PATH, watermark = own(chunk) }: ChunkLike = {},
): Uint8Array {
  return newFileBytes(world, type, path, tableOf(type, events), watermark);
}

/** What stands under a chunk's name and is none, by what it is. */
const KINDS: Readonly<Record<string, (chunk: number) => Uint8Array>> = {
  "empty": () => new Uint8Array(0),
  "one byte": () => Uint8Array.of(80),
  "the magic alone": () => new TextEncoder().encode("PAR1"),
  "the magic twice": () => new TextEncoder().encode("PAR1PAR1"),
  "a text": () => new TextEncoder().encode("recv_time,price\n1,2\n".repeat(50)),
  "zeros": () => new Uint8Array(4_096),
  "without its last byte": (chunk) => chunkOf(chunk, trades(5)).slice(0, -1),
  "its first half": (chunk) => chunkOf(chunk, trades(5)).slice(0, 700),
  "a flipped bit in a page": (chunk) => flipped(chunkOf(chunk, trades(5)), 40),
  "a flipped bit in its footer": (chunk) => flipped(chunkOf(chunk, trades(5)), -60),
  "something behind its end": (chunk) => Uint8Array.of(...chunkOf(chunk, trades(5)), 0, 0, 0, 0),
  "another symbol's": (chunk) => chunkOf(chunk, trades(5), { path: "binance/trade/ETHUSDT" }),
  "another source's": (chunk) => chunkOf(chunk, trades(5), { path: "okx/trade/BTCUSDT" }),
  "another type's": (chunk) => chunkOf(chunk, trades(5), { type: bbo as unknown as EventType, path: "binance/bbo/BTCUSDT" }),
  "another generation's": (chunk) => chunkOf(chunk, trades(5), { watermark: own(chunk, "g0") }),
  "another number's": (chunk) => chunkOf(chunk, trades(5), { watermark: own(chunk + 500) }),
  "of two chunks": (chunk) => chunkOf(chunk, trades(5), { watermark: Watermark.empty().with("g1", [chunk, chunk + 1]) }),
  "of a newer version": (chunk) => chunkOf(chunk, trades(5), { type: { ...TYPE, version: TYPE.version + 1 } }),
  "without rows": (chunk) => chunkOf(chunk, []),
  "of two days": (chunk) => chunkOf(chunk, [...trades(2), ...trades(2, NOON + US_PER_DAY)]),
  "from the future": (chunk) => chunkOf(chunk, trades(2, NOON + 3 * US_PER_DAY)),
  "another program's Parquet": () =>
    new Uint8Array(parquetWriteBuffer({ columnData: [{ name: "price", data: [1, 2, 3], type: "DOUBLE" }] })),
};

function flipped(bytes: Uint8Array, at: number): Uint8Array {
  const copy = bytes.slice();
  copy[at < 0 ? bytes.length + at : at]! ^= 4;
  return copy;
}

describe("what stands where a chunk should", () => {
  it("of more than twenty kinds is put aside, each, and everything else is merged", async () => {
    const one = day();
    const parts = [trades(3), trades(4)];
    const names = Object.keys(KINDS);
    assert.ok(names.length >= 20);
    for (const [i, name] of names.entries()) {
      copyOut(KINDS[name]!(10 + i), chunkPath(one.dataPath, { path: PATH, hash: "g1", chunk: 10 + i }));
    }
    fs.mkdirSync(chunkPath(one.dataPath, { path: PATH, hash: "g1", chunk: 98 })); // a folder under a chunk's name
    copyOut(new Uint8Array(3), `${one.dataPath}/tmp/${PATH}/g1/notes.txt`);
    one.accept(1, parts[0]!);
    one.accept(99, parts[1]!);
    one.handler.adopt();
    one.flush();
    assert.deepEqual(await one.rows(), parts.flat());
    const aside = one.news.flatMap((news) => news.what === "aside" ? [news] : []);
    assert.equal(aside.length, names.length, JSON.stringify(aside, null, 1));
    for (const { path, why } of aside) assert.ok(fs.existsSync(path) && why.length > 0, path);
    assert.deepEqual(one.news.filter(({ what }) => what !== "aside").map(({ what }) => what), ["merged"]);
    assert.deepEqual(one.handler.symbols, []);
    assert.ok(fs.existsSync(`${one.dataPath}/tmp/${PATH}/g1/notes.txt`));
  });

  it("in a generation whose name is none stops nobody", async () => {
    const one = day();
    copyOut(chunkOf(1, trades(2)), `${one.dataPath}/tmp/${PATH}/a, name:1-9/1.pq`);
    one.accept(1, trades(2));
    one.handler.adopt();
    one.flush();
    assert.equal((await one.rows()).length, 2);
    assert.deepEqual(one.handler.symbols, []);
  });
});

describe("a damaged day file", () => {
  it("is never added to, cut or deleted: it moves beside, a new one begins, wherever the bit is wrong", async () => {
    const one = day();
    const parts = [trades(30), trades(20), trades(10)];
    for (const [i, part] of parts.slice(0, 2).entries()) {
      one.accept(i + 1, part);
      one.flush();
    }
    const whole = one.bytes();
    const places = [...Array.from({ length: 40 }, (_, i) => Math.floor(i * whole.length / 40)), whole.length - 1, whole.length - 6];
    for (const at of places) {
      const damaged = whole.slice();
      damaged[at]! ^= 1 << at % 8;
      const next = day();
      copyOut(damaged, next.file);
      next.accept(3, parts[2]!);
      next.flush();
      assert.deepEqual(await next.rows(), parts[2], `a flipped bit at ${at} of ${whole.length}`);
      assert.deepEqual(next.news.map(({ what }) => what), ["aside", "merged"], `at ${at}`);
      const [beside] = fs.readdirSync(path.dirname(next.file)).filter((name) => name.includes(".corrupt-"));
      assert.deepEqual(new Uint8Array(fs.readFileSync(`${path.dirname(next.file)}/${beside}`)), damaged);
    }
  });

  it("whose newest append is damaged and no longer waits anywhere is not taken for a torn one", async () => {
    const one = day();
    one.accept(1, trades(30));
    one.flush();
    const before = one.bytes().length;
    one.accept(2, trades(20));
    one.flush();
    const damaged = one.bytes();
    damaged[before + 50]! ^= 1;
    copyOut(damaged, one.file);
    const next = day(one.dataPath);
    next.accept(3, trades(2));
    next.flush();
    assert.deepEqual(next.news.map(({ what }) => what), ["aside", "merged"]);
    assert.equal((await next.rows()).length, 2);
  });

  it("of a newer version is left alone, and the rows wait", () => {
    const one = day();
    const newer = chunkOf(1, trades(3), { type: { ...TYPE, version: TYPE.version + 1 } });
    copyOut(newer, one.file);
    one.accept(2, trades(3));
    assert.throws(
      () => one.flush(),
      (error) => error instanceof StorageError && /trade\/2, this Argus writes trade\/1/.test(error.message),
    );
    assert.deepEqual(one.bytes(), newer);
    assert.deepEqual(one.handler.symbols, ["BTCUSDT"]);
  });

  it("two in one day, at one moment, are both kept", () => {
    const one = day();
    for (let n = 1; n <= 3; n++) {
      copyOut(new TextEncoder().encode(`no Parquet, ${n}`), one.file);
      const next = day(one.dataPath);
      next.accept(n, trades(1));
      next.flush();
      if (n < 3) copyOut(new TextEncoder().encode("x"), one.file);
    }
    const beside = fs.readdirSync(path.dirname(one.file)).filter((name) => name.includes(".corrupt-"));
    assert.equal(beside.length, 3, beside.join(" "));
  });
});
