import assert from "node:assert/strict";
import { it } from "node:test";
import { trade, type TradeEvent } from "../../../src/events/trade.ts";
import { asOfJson } from "../../../src/processing/pts/answer_json.ts";
import { HistoryReader, OFFLINE, type Present } from "../../../src/processing/pts/history_reader.ts";
import { presentJson, presentOf } from "../../../src/processing/pts/present_json.ts";
import type { LooseChunk } from "../../../src/processing/pts/stream_view.ts";
import { TableRows } from "../../../src/processing/pts/table_rows.ts";
import { storageWorld } from "../../../src/processing/storage/day_file.ts";
import { FlushHandler } from "../../../src/processing/storage/flush_handler.ts";
import { Table } from "../../../src/processing/storage/table.ts";
import { loadRuntime } from "../../../src/runtime/load.ts";
import { tempFolder } from "../../support/temp_folder.ts";

const runtime = await loadRuntime(import.meta.url);
const root = tempFolder("stream-view");
const PATH = "binance/trade/AAA";
const DAY = Date.UTC(2026, 10, 20) * 1_000;

function tableOf(ids: readonly number[]) {
  const table = new Table(trade);
  for (const id of ids) {
    const event: TradeEvent = {
      recvTime: DAY + id,
      eventTime: undefined,
      source: "binance",
      symbol: "AAA",
      tradeId: id,
      tradeKey: undefined,
      price: id,
      size: 1,
      side: "sell",
      origin: "live",
    };
    table.append(event);
  }
  return table.seal();
}

/** What an answer over the whole day holds. */
function idsOf(reader: HistoryReader, present: Present): number[] {
  const { type, slices } = reader.events(PATH, DAY, DAY + 1_000_000, 1e9, present);
  const ids: number[] = [];
  for (const { table, rows } of slices) {
    const events = new TableRows(type, table);
    for (const [from, to] of rows) for (let row = from; row < to; row++) ids.push((events.event(row) as TradeEvent).tradeId!);
  }
  return ids;
}

it("a row that moves from memory into a chunk and into the day file is there once at every moment", async () => {
  const dataPath = `${root}/moving`;
  const handler = new FlushHandler(storageWorld(runtime, "test"), trade, {
    dataPath,
    source: "binance",
    flushIntervalMs: 60_000,
    tell() {},
  });
  handler.bump_all("a");
  const chunks: LooseChunk[] = [[1, 2], [3], [4, 5]].map((ids, i) => ({ hash: "a", chunk: i + 1, table: tableOf(ids) }));
  const all = [1, 2, 3, 4, 5];
  const reader = new HistoryReader(runtime, dataPath);
  const present = (memory: readonly LooseChunk[]): Present => ({ isRecording: true, isUndelivered: false, memory: { [PATH]: memory } });
  assert.deepEqual(idsOf(reader, present(chunks)), all, "all of it in memory");
  // Memory was looked at, then rows moved on, before the files were: they are in both.
  handler.accept("AAA", "a", 1, chunks[0]!.table);
  assert.deepEqual(idsOf(reader, present(chunks)), all, "one is a chunk too");
  assert.deepEqual(idsOf(reader, present(chunks.slice(1))), all);
  await handler.flushAll("AAA");
  assert.deepEqual(idsOf(reader, present(chunks)), all, "one is in the day file too");
  handler.accept("AAA", "a", 2, chunks[1]!.table);
  assert.deepEqual(idsOf(reader, present(chunks.slice(2))), all, "day file, chunk and memory");
  await handler.flushAll("AAA");
  handler.accept("AAA", "a", 3, chunks[2]!.table);
  await handler.flushAll("AAA");
  assert.deepEqual(idsOf(reader, present(chunks)), all);
  assert.deepEqual(idsOf(reader, OFFLINE), all, "the day file alone");
  assert.deepEqual(reader.asOf(PATH, DAY + 4, OFFLINE).event?.recvTime, DAY + 4);
  assert.equal(reader.asOf(PATH, DAY, OFFLINE).event, undefined, "nothing was received by then");
  assert.equal(JSON.parse(asOfJson(PATH, DAY, reader.asOf(PATH, DAY, OFFLINE))).event, null);
});

it("a file that cannot be read makes the answer incomplete, not wrong", () => {
  const dataPath = `${root}/broken`;
  runtime.disk.makeFolder(`${dataPath}/${PATH}/2026`);
  const file = runtime.disk.open(`${dataPath}/${PATH}/2026/2026-11-20.pq`, "create");
  file.append(new TextEncoder().encode("PAR1 this is no Parquet file PAR1"));
  file.close();
  const { event, lacks } = new HistoryReader(runtime, dataPath).asOf(PATH, DAY + 5, OFFLINE);
  assert.deepEqual([event, lacks.map(({ reason }) => reason)], [undefined, ["unreadable"]]);
});

it("what is in memory survives being told to another process", () => {
  const present: Present = {
    isRecording: true,
    isUndelivered: true,
    memory: { [PATH]: [{ hash: "a", chunk: 7, table: tableOf([1, 2, 3]) }] },
  };
  assert.deepEqual(presentOf(presentJson(present)), present);
});
