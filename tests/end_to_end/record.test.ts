import assert from "node:assert/strict";
import * as fs from "node:fs";
import { describe, it } from "node:test";
import { argus, ROOT, startArgus } from "../support/argus_process.ts";
import { tempFolder } from "../support/temp_folder.ts";
import { duckdb, rowCounts } from "../readers/readers.ts";
import { assertAllStored, filesUnder, RECORD, recordFor, startVenue } from "./support.ts";

const root = tempFolder("record");
let folders = 0;

function newFolder(): string {
  const folder = `${root}/${++folders}`;
  fs.mkdirSync(folder);
  return folder;
}

/** What the README tells people to paste. */
function readmeQueries(): string[] {
  const blocks = [...fs.readFileSync(`${ROOT}README.md`, "utf8").matchAll(/```sql\n([\s\S]*?)```/g)].map(([, block]) => block!);
  const queries = blocks.flatMap((block) => block.split(";")).map((query) => query.trim()).filter((query) => query !== "");
  assert.ok(queries.length >= 3, "the README lost its queries");
  return queries;
}

describe("argus record", () => {
  it("stores what the venue sent, once, in order, bit for bit, over sockets replaced every two seconds", async () => {
    const folder = newFolder();
    const venue = await startVenue(folder, ["--symbols", "12", "--rate", "1500", "--seed", "21"]);
    const summary = await recordFor(folder, venue, ["--duration", "9s", "--flush-interval", "1s"], {
      ARGUS_SOURCES__BINANCE__WORKER_MAX_AGE: "2s",
    });
    await venue.stop();
    const rows = await assertAllStored(folder, venue);
    assert.equal(rows, Object.values(summary.events).reduce((sum, each) => sum + each, 0));
    assert.ok(rows > 5_000, `only ${rows} rows`);
    assert.ok(summary.rows_merged > rows, "its own rows are merged too");
    assert.deepEqual([summary.outcome, summary.gaps, summary.quarantined], ["drained", 0, 0]);
    assert.ok(summary.duplicates > 0, "no two sockets ever carried the same stream: nothing was rotated");
    assert.deepEqual(filesUnder(`${folder}/data/tmp`).map((path) => path.split("/").at(-2)), ["budget"]);
    const sql = await duckdb();
    for (const query of readmeQueries()) await sql(query.replaceAll(/'data\/(demo\/)?/g, `'${folder}/data/`));
    const busiest = filesUnder(`${folder}/data/binance`).sort((a, b) => fs.statSync(b).size - fs.statSync(a).size)[0]!;
    const counts = Object.values(await rowCounts(busiest));
    assert.ok(counts[0]! > 0 && counts.every((count) => count === counts[0]), `${busiest}: ${counts}`);
  });

  it("a second recorder on the same data path exits 3 and says who holds it; a restart adds to the day's files", async () => {
    const folder = newFolder();
    const venue = await startVenue(folder, ["--symbols", "3", "--rate", "300"]);
    const first = startArgus([...RECORD, "--flush-interval", "1s"], { cwd: folder, env: venue.env });
    while (!fs.existsSync(`${folder}/data/binance`)) await new Promise((resolve) => setTimeout(resolve, 50));
    const second = await argus([...RECORD, "--duration", "1s"], { cwd: folder, env: venue.env });
    assert.equal(second.code, 3);
    assert.match(second.err, new RegExp(`held by another argus.*pid ${first.pid} on `));
    const importing = await argus(["import", "--source", "binance", "--data-path", "data", venue.ledger], { cwd: folder });
    assert.equal(importing.code, 3, importing.err);
    first.signal("SIGINT");
    assert.equal((await first.ended).code, 0);
    const files = filesUnder(`${folder}/data/binance`);
    const sizes = files.map((file) => fs.statSync(file).size);
    await recordFor(folder, venue, ["--duration", "3s"]);
    await venue.stop();
    await assertAllStored(folder, venue);
    assert.ok(files.every((file, i) => fs.statSync(file).size > sizes[i]!), "the second run did not add to the first one's files");
  });

  it("a data path that cannot be written is refused with 3 before any socket opens", async () => {
    const folder = newFolder();
    fs.writeFileSync(`${folder}/file`, "");
    const { code, err } = await argus(["--source", "binance", "--data-path", "file/data"], { cwd: folder });
    assert.equal(code, 3, err);
    assert.match(err, /Cannot create folder .*file\/data/);
  });
});
