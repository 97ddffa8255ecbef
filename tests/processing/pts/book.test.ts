import assert from "node:assert/strict";
import { it } from "node:test";
import { depth, type DepthEvent } from "../../../src/events/depth.ts";
import type { Level } from "../../../src/events/event_type.ts";
import { sourceOf } from "../../../src/exchanges/registry.ts";
import { OrderBook } from "../../../src/processing/book/order_book.ts";
import { BookReader } from "../../../src/processing/pts/book.ts";
import { DayFileReader } from "../../../src/processing/pts/day_parts.ts";
import { HistoryReader, OFFLINE } from "../../../src/processing/pts/history_reader.ts";
import { StreamView } from "../../../src/processing/pts/stream_view.ts";
import { storageWorld } from "../../../src/processing/storage/day_file.ts";
import { FlushHandler } from "../../../src/processing/storage/flush_handler.ts";
import { Table } from "../../../src/processing/storage/table.ts";
import { loadRuntime } from "../../../src/runtime/load.ts";
import { SeededRandom } from "../../../src/sim/world/seeded_random.ts";
import { tempFolder } from "../../support/temp_folder.ts";

const runtime = await loadRuntime(import.meta.url);
const root = tempFolder("books-as-of");
const PATH = "binance/depth/AAA";
const RULE = sourceOf("binance")!.channels.find(({ event }) => event.name === "depth")!.continuity!;
const BEFORE_MIDNIGHT = Date.UTC(2026, 10, 20, 23, 50) * 1_000;
const BASE = { eventTime: undefined, source: "binance", symbol: "AAA", prevUpdateId: undefined } as const;

/** A stream as it may arrive: windows lost, sent twice, whole books that are older or newer than it, a clock that is set back. */
function rowsOf(random: SeededRandom, count: number): DepthEvent[] {
  const rows: DepthEvent[] = [];
  let time = BEFORE_MIDNIGHT;
  let id = 100;
  const levels = (most: number): Level[] => Array.from({ length: random.below(most) }, () => [1 + random.below(9), random.below(4)]);
  for (let n = 0; n < count; n++) {
    time += random.below(40) === 0 ? -3_000_000 : random.below(2_400_000);
    const what = random.below(100);
    if (what < 8) {
      const whole = { firstUpdateId: undefined, lastUpdateId: id + 2 - random.below(12), isSnapshot: true };
      rows.push({ ...BASE, ...whole, recvTime: time, bids: levels(9), asks: levels(9), origin: "snapshot" });
      if (random.below(3) === 0) time -= 3_000_000; // changes that follow it were received before it, says the clock
      continue;
    }
    const lost = what < 9 ? 1 + random.below(5) : 0;
    const again = what < 12 ? random.below(4) : 0;
    const firstUpdateId = id + 1 + lost - again;
    id = Math.max(firstUpdateId, id + lost) + random.below(3);
    rows.push({
      ...BASE,
      recvTime: time,
      firstUpdateId,
      lastUpdateId: id,
      isSnapshot: false,
      bids: levels(4),
      asks: levels(4),
      origin: "live",
    });
  }
  return rows;
}

/** The book of who has heard every row received by then. */
function heardBook(rows: readonly DepthEvent[], at: number): OrderBook {
  const book = new OrderBook(RULE);
  for (const row of rows) if (row.recvTime <= at) book.apply(row);
  return book;
}

for (const seed of [1, 2, 3, 4]) {
  it(`whatever was asked before and kept, a book out of day files, chunks and memory is that of who heard every row (seed ${seed})`, () => {
    const random = new SeededRandom(seed, "books as of");
    const dataPath = `${root}/${seed}`;
    const world = storageWorld(runtime, "test");
    const handler = new FlushHandler(world, depth, { dataPath, source: "binance", flushIntervalMs: 60_000, tell() {} });
    handler.bump_all("a");
    const rows = rowsOf(random, 1_500);
    const reader = new DayFileReader(world);
    const books = new BookReader();
    let chunk = 0;
    let whole = 0;
    let holes = 0;
    const table = new Table(depth);
    for (let stored = 0; stored < rows.length;) {
      const memory: { hash: string; chunk: number; table: ReturnType<typeof table.seal> }[] = [];
      const [day] = [new Date(rows[stored]!.recvTime / 1_000).toISOString().slice(0, 10)];
      const size = 10 + random.below(60);
      for (let i = 0; i < size && stored < rows.length; i++) {
        const row = rows[stored]!;
        if (new Date(row.recvTime / 1_000).toISOString().slice(0, 10) !== day) break;
        table.append(row);
        stored++;
        // A chunk that still grows in memory is asked about too.
        if (random.below(20) === 0) ask(stored, [{ hash: "a", chunk: chunk + 1, table: table.copy() }]);
      }
      const sealed = table.seal();
      memory.push({ hash: "a", chunk: ++chunk, table: sealed });
      ask(stored, memory);
      handler.accept("AAA", "a", chunk, sealed);
      if (random.below(3) === 0) handler.flushAll("AAA");
      for (let i = 0; i < 15; i++) ask(stored, []);
    }
    assert.ok(whole > 100 && holes > 5, `${whole} whole books, ${holes} behind a hole`);

    function ask(stored: number, memory: Parameters<typeof StreamView.open>[3]): void {
      using view = StreamView.open(world, reader, { dataPath, path: PATH, type: depth as never }, memory);
      const moment = () =>
        rows[Math.max(0, stored - 1 - random.below(random.below(2) === 0 ? 40 : stored))]!.recvTime + random.below(3) - 1;
      const at = moment();
      if (random.below(2) === 0) books.keepTo(view, RULE, moment());
      const heard = heardBook(rows.slice(0, stored), at);
      const answer = books.asOf(view, RULE, at);
      const event = answer !== undefined && "event" in answer ? answer.event : undefined;
      assert.equal(event !== undefined, heard.isWhole, `at ${at} of ${stored}`);
      if (answer !== undefined && "hole" in answer) holes++;
      if (event === undefined) return;
      whole++;
      assert.deepEqual(
        [event.bids, event.asks, event.lastUpdateId],
        [heard.bids(), heard.asks(), heard.lastUpdateId],
        `at ${at} of ${stored}`,
      );
    }
  });
}

it("a book of one of many thousand rows of a day file is that of who heard every row before, with pages and books kept on the way", () => {
  const random = new SeededRandom(9, "many rows");
  const dataPath = `${root}/many`;
  const world = storageWorld(runtime, "test");
  let id = 0;
  const levels = (most: number): Level[] =>
    Array.from({ length: random.below(most) }, () => [1 + random.below(400) / 100, random.below(900)]);
  const rows = Array.from({ length: 30_000 }, (_, n): DepthEvent => {
    const isSnapshot = n % 12_000 === 3;
    const ids = isSnapshot
      ? { firstUpdateId: undefined, lastUpdateId: id }
      : { firstUpdateId: id + 1, lastUpdateId: id += 1 + random.below(3) };
    const late = random.below(500) === 0 ? 90_000 : 0;
    const recvTime = BEFORE_MIDNIGHT + 5_000 * n + late;
    return {
      ...BASE,
      ...ids,
      recvTime,
      isSnapshot,
      bids: levels(isSnapshot ? 300 : 6),
      asks: levels(isSnapshot ? 300 : 5),
      origin: "live",
    };
  });
  const handler = new FlushHandler(world, depth, { dataPath, source: "binance", flushIntervalMs: 60_000, tell() {} });
  handler.bump_all("a");
  const table = new Table(depth);
  for (const [n, row] of rows.entries()) {
    table.append(row);
    if (n === rows.length - 1 || n === 22_000) handler.accept("AAA", "a", n, table.seal());
  }
  handler.flushAll("AAA");
  const heard = new OrderBook(RULE);
  const [cold, warm] = [0, 0].map(() => new BookReader());
  const reader = new DayFileReader(world);
  using view = StreamView.open(world, reader, { dataPath, path: PATH, type: depth as never }, []);
  const asked: { readonly at: number; readonly book: unknown }[] = [];
  // Rows come in order but for a few that say a later time; at a moment when none of those is ahead, who heard all has the book.
  for (const [n, row] of rows.entries()) {
    heard.apply(row);
    const isSettled = rows.slice(Math.max(0, n - 20), n + 1).every(({ recvTime }) => recvTime <= row.recvTime);
    if (n < 10 || !isSettled || random.below(500) !== 0) continue;
    asked.push({ at: row.recvTime, book: [heard.bids(20), heard.asks(20), heard.lastUpdateId] });
  }
  assert.ok(asked.length > 40, `${asked.length} moments`);
  for (const round of ["first", "again"]) {
    for (const { at, book } of round === "first" ? asked.toReversed() : asked) {
      for (const books of [round === "first" ? cold! : warm!, new BookReader()]) {
        const answer = books.asOf(view, RULE, at, 20);
        assert.ok(answer !== undefined && "event" in answer, `${at} ${round}`);
        assert.deepEqual([answer.event.bids, answer.event.asks, answer.event.lastUpdateId], book, `${at} ${round}`);
      }
    }
  }
  const ahead = new HistoryReader(runtime, dataPath);
  const steps = () => [...ahead.booksAhead(PATH, asked[0]!.at, OFFLINE)].length;
  assert.ok(steps() >= 2, "no books were kept ahead");
  assert.equal(steps(), 0, "the same books were kept again");
  for (const { at, book } of asked) {
    const event = ahead.asOf(PATH, at, OFFLINE, 20).event as DepthEvent;
    assert.deepEqual([event.bids, event.asks, event.lastUpdateId], book, `${at} after books were kept ahead`);
  }
});

it("a whole book that only changes before a kept book can judge is judged by them", () => {
  const row = (recvTime: number, ids: [number | undefined, number], bids: Level[]): DepthEvent => ({
    ...BASE,
    recvTime: BEFORE_MIDNIGHT + recvTime,
    firstUpdateId: ids[0],
    lastUpdateId: ids[1],
    isSnapshot: ids[0] === undefined,
    bids,
    asks: [],
    origin: "live",
  });
  // The window of the change reaches over both books, so it goes on from either; the older one comes last, and counts.
  const rows = [row(0, [undefined, 10], [[1, 1]]), row(1, [10, 12], [[2, 2]]), row(2, [undefined, 9], [[3, 3]])];
  const world = storageWorld(runtime, "test");
  const table = new Table(depth);
  for (const each of rows) table.append(each);
  const stream = { dataPath: `${root}/judged`, path: PATH, type: depth as never };
  using view = StreamView.open(world, new DayFileReader(world), stream, [{ hash: "a", chunk: 1, table: table.seal() }]);
  const books = new BookReader();
  for (const [i, { recvTime }] of rows.entries()) {
    const answer = books.asOf(view, RULE, recvTime);
    assert.ok(answer !== undefined && "event" in answer);
    assert.deepEqual(answer.event.bids, heardBook(rows.slice(0, i + 1), recvTime).bids());
  }
});
