import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as path from "node:path";
import { describe, it } from "node:test";
import { dateOf, US_PER_DAY } from "../../src/lib/time.ts";
import { lockDataPath } from "../../src/processing/storage/lock.ts";
import { chunkPath, dayFilePath } from "../../src/processing/storage/paths.ts";
import { Day, PATH, trades } from "../processing/storage/day.ts";
import { runtime } from "../processing/storage/support.ts";
import { storageWorld } from "../../src/processing/storage/day_file.ts";
import { duckdb, quoted } from "../readers/readers.ts";
import { argus as run } from "../support/argus_process.ts";
import { tempFolder } from "../support/temp_folder.ts";

const folder = tempFolder("by-hand");
const argus = (...args: string[]) => run(args, { cwd: folder });
const yesterday = Math.floor(runtime.clock.wallTime() / US_PER_DAY) * US_PER_DAY - US_PER_DAY / 2;
const date = dateOf(yesterday);

/** What a recorder that was killed leaves: rows in the day file, rows that wait, a chunk that is merged, files without their name. */
function left(name: string) {
  const dataPath = `${folder}/${name}`;
  const one = new Day(storageWorld(runtime, "argus test"), dataPath);
  const parts = [trades(30, yesterday), trades(20, yesterday), trades(10, yesterday)];
  one.accept(1, parts[0]!);
  const merged = fs.readFileSync(chunkPath(dataPath, { path: PATH, hash: "g1", chunk: 1 }));
  one.flush();
  one.accept(2, parts[1]!);
  one.accept(3, parts[2]!);
  const tmp = `${dataPath}/tmp/${PATH}`;
  fs.writeFileSync(`${tmp}/g1/1.pq`, merged);
  fs.writeFileSync(`${tmp}/g1/4.pq.part`, "half a chunk");
  fs.writeFileSync(`${tmp}/${date}.roll`, "half a file");
  fs.writeFileSync(`${tmp}/g1/notes.txt`, "somebody's");
  return { dataPath, tmp, ids: parts.flat().map(({ tradeId }) => tradeId!), file: dayFilePath(dataPath, PATH, date) };
}

async function idsIn(file: string): Promise<number[]> {
  const rows = await (await duckdb())(
    `SELECT trade_id FROM read_parquet(${quoted(file)}, file_row_number = true) ORDER BY file_row_number`,
  );
  return rows.map((row) => Number(row["trade_id"]));
}

const lastLine = (out: string) => JSON.parse(out.trim().split("\n").at(-1)!);

describe("commands by hand", () => {
  it("flush merges what waits, once; compact rolls the day, once; nothing is lost, doubled or moved", async () => {
    const { dataPath, ids, file, tmp } = left("flushed");
    const waiting = await argus("compact", date, "--data-path", "flushed", "--json");
    assert.deepEqual([waiting.code, lastLine(waiting.out).waiting], [0, 1], "a day whose chunks wait is not rolled");

    const flushed = await argus("flush", "--data-path", "flushed", "--json");
    assert.equal(flushed.code, 0, flushed.err);
    const { chunks, rows_added, aside, failed } = lastLine(flushed.out);
    assert.deepEqual([chunks, rows_added, aside, failed], [3, 30, [], []]);
    assert.deepEqual(await idsIn(file), ids);
    assert.equal(lastLine((await argus("flush", "--data-path", "flushed", "--json")).out).rows_added, 0);
    assert.deepEqual(fs.readdirSync(`${tmp}/g1`), ["notes.txt"]);

    const compacted = await argus("compact", "--data-path", "flushed", "--json");
    assert.equal(compacted.code, 0, compacted.err);
    assert.equal(lastLine(compacted.out).rolled, 1);
    assert.deepEqual(await idsIn(file), ids);
    const bytes = fs.readFileSync(file);
    const again = await argus("compact", "--data-path", dataPath);
    assert.match(again.out, /rolled 0 · already 1/);
    assert.ok(bytes.equals(fs.readFileSync(file)));

    bytes[bytes.length - 40]! ^= 1; // its footer: what is rolled is not read again, verify does that
    fs.writeFileSync(file, bytes);
    const damaged = await argus("compact", "--data-path", "flushed");
    assert.equal(damaged.code, 1);
    assert.match(damaged.out, /damaged, its/);
    assert.ok(bytes.equals(fs.readFileSync(file)), "a damaged file stays as it is");
  });

  it("clean lists stale files and touches nothing; with --yes it deletes them, and never rows that wait nor what it does not know", async () => {
    const { tmp } = left("cleaned");
    const files = () => (fs.readdirSync(tmp, { recursive: true }) as string[]).filter((name) => path.extname(name) !== "").sort();
    const before = files();
    const listed = await argus("clean", "--data-path", "cleaned");
    assert.equal(listed.code, 0, listed.err);
    assert.match(listed.out, /merged .*1\.pq\n/);
    assert.match(listed.out, /stale 3 .* deleted 0 · waiting 2\nargus clean --yes deletes them/);
    assert.deepEqual(files(), before);
    const deleted = await argus("clean", "--data-path", "cleaned", "--yes", "--json");
    const lines = deleted.out.trim().split("\n").map((line) => JSON.parse(line));
    assert.deepEqual(lines.slice(0, -1).map(({ kind }) => kind).sort(), ["merged", "unfinished", "unfinished"]);
    assert.deepEqual([lines.at(-1).deleted, lines.at(-1).waiting], [3, 2]);
    assert.deepEqual(files(), ["g1/2.pq", "g1/3.pq", "g1/notes.txt"]);
  });

  it("each of them is refused with 3, and says by whom, while another argus holds the data path", async () => {
    left("held");
    const lock = lockDataPath(runtime, `${folder}/held`, "argus test");
    try {
      for (const name of ["flush", "compact", "clean"]) {
        const { code, err } = await argus(name, "--data-path", "held");
        assert.equal(code, 3, err);
        assert.match(err, /held by another argus \(argus test, pid \d+/);
      }
    } finally {
      lock.release();
    }
  });
});
