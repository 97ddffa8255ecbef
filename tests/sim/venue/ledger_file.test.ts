import assert from "node:assert/strict";
import * as fs from "node:fs";
import { test } from "node:test";
import { StorageError } from "../../../src/lib/errors.ts";
import type { DiskFile, Runtime } from "../../../src/runtime/runtime.ts";
import type { LedgerLine } from "../../../src/sim/venue/ledger.ts";
import { readLedger } from "../../../src/sim/venue/ledger_book.ts";
import { LedgerFile } from "../../../src/sim/venue/ledger_file.ts";
import { ManualTimers } from "../../support/manual_timers.ts";
import { tempFolder } from "../../support/temp_folder.ts";
import { runtime } from "./support.ts";

const folder = tempFolder("ledger");
const RUN = { run: { source: "binance", seed: 7 }, at: 1 } as const;
const LINES: readonly LedgerLine[] = [
  { conn: 1, step: "opened", at: 2, detail: "/stream" },
  { conn: 1, step: "subscribed", at: 3, streams: ["这@trade"] },
  { n: 1, stream: "binance/trade/A", symbol: "A", id: "9", seq: [9, 9], fields: { price: 0.1, side: "buy" }, t: null },
  { tx: 1, n: 1, conn: 1, state: "written" },
  { conn: 1, acked: 1 },
  { market: "fault", at: 4, detail: "reset: conn 1" },
  { conn: 1, step: "closed", at: 5, how: "cut", by: "venue", detail: "end of life" },
  { market: "stopped", at: 6 },
];

function ledgerOn(path: string, over: Partial<Runtime> = {}) {
  const timers = new ManualTimers();
  const failures: unknown[] = [];
  const ledger = new LedgerFile({ ...runtime, timers, ...over }, path, (error) => failures.push(error));
  return { ledger, timers, failures };
}

const read = (path: string) => fs.readFileSync(path, "utf8");

test("its lines are exactly what was written, in order, in a new folder too; a second run replaces the first", () => {
  const path = `${folder}/deep/down/ledger.ndjson`;
  for (let run = 0; run < 2; run++) {
    const { ledger } = ledgerOn(path);
    ledger.begin(RUN);
    for (const line of LINES) ledger.write(line);
    ledger.close();
    assert.deepEqual(read(path).trimEnd().split("\n").map((line) => JSON.parse(line)), [RUN, ...LINES]);
  }
});

test("a reader of a running ledger is half a second behind, and never sees part of a line", async () => {
  const path = `${folder}/running.ndjson`;
  const { ledger, timers } = ledgerOn(path);
  ledger.begin(RUN);
  ledger.write(LINES[0]!);
  assert.equal(read(path).split("\n").length, 2);
  await timers.advance(500);
  assert.equal(read(path).split("\n").length, 3);
  ledger.close();
});

test("a hundred thousand events are written as they come: memory holds no more than one write", () => {
  const path = `${folder}/large.ndjson`;
  const { ledger } = ledgerOn(path);
  ledger.begin(RUN);
  for (let n = 1; n <= 100_000; n++) {
    ledger.write({ n, stream: "binance/trade/A", symbol: "A", id: String(n), seq: [n, n], fields: { price: n }, t: n });
    ledger.write({ tx: n, n, conn: 1 + n % 3, state: "written" });
    if (n % 10_000 === 0) assert(n * 100 - fs.statSync(path).size < 1 << 20, `${n} events, ${fs.statSync(path).size} bytes on disk`);
  }
  ledger.close();
  const book = readLedger(read(path));
  assert.deepEqual([book.eventCount, book.sentCount], [100_000, 100_000]);
  assert.deepEqual(book.sentTo(2).slice(0, 3).map(({ n }) => n), [1, 4, 7]);
});

test("a last line that was being written is left out by its reader", () => {
  const whole = [RUN, ...LINES].map((line) => `${JSON.stringify(line)}\n`).join("");
  const book = readLedger(`${whole}{"n":2,"stream":"binance/tr`);
  assert.equal(book.eventCount, 1);
  assert.deepEqual([...book.owed().keys()], ["binance/trade/A"]);
});

test("a ledger that cannot be written any more says so once, and takes no more", async () => {
  const full = (file: DiskFile): DiskFile => ({
    ...file,
    path: file.path,
    size: () => file.size(),
    readAt: (offset, length) => file.readAt(offset, length),
    append: (bytes) => {
      if (file.size() > 200) throw new StorageError({ op: "write", path: file.path, code: "ENOSPC" });
      return file.append(bytes);
    },
    truncate: (length) => file.truncate(length),
    sync: () => file.sync(),
    close: () => file.close(),
  });
  const disk = { ...runtime.disk, open: (path: string, mode: "read" | "create" | "update") => full(runtime.disk.open(path, mode)) };
  const { ledger, timers, failures } = ledgerOn(`${folder}/full.ndjson`, { disk });
  ledger.begin(RUN);
  for (let i = 0; i < 10; i++) {
    for (const line of LINES) ledger.write(line);
    await timers.advance(500);
  }
  ledger.close();
  assert.equal(failures.length, 1);
  assert(failures[0] instanceof StorageError && failures[0].code === "ENOSPC");
});
