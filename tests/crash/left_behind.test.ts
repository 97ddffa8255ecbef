import assert from "node:assert/strict";
import * as fs from "node:fs";
import { test } from "node:test";
import { askAsOf, askEvents } from "../../src/app/ask_history.ts";
import { loadConfig } from "../../src/app/config.ts";
import { rowsLeft } from "../../src/processing/journal/left_rows.ts";
import { storageWorld } from "../../src/processing/storage/day_file.ts";
import { loadRuntime } from "../../src/runtime/load.ts";
import { readLedger } from "../../src/sim/venue/ledger_book.ts";
import { filesUnder, RECORD, recordFor, startVenue } from "../end_to_end/support.ts";
import { argus, startArgus } from "../support/argus_process.ts";
import { compareDayFiles } from "../support/day_file_oracle.ts";
import { tempFolder } from "../support/temp_folder.ts";

const folder = tempFolder("left-behind");
const runtime = await loadRuntime(import.meta.url);
const { config } = loadConfig(runtime, { dataPath: `${folder}/data` });

async function eventsOf(path: string, to: number): Promise<string[]> {
  let text = "";
  await askEvents(runtime, config, { path, from: 0, to, limit: Infinity, format: "ndjson" }, (bytes) => {
    text += new TextDecoder().decode(bytes);
    return Promise.resolve(true);
  });
  return text.split("\n").filter((line) => line !== "");
}

test("kill -9: before anything is started again, the files answer as they do after it, and no byte of them changes", async () => {
  const venue = await startVenue(folder, ["--symbols", "4", "--rate", "1500", "--seed", "8"]);
  const recorder = startArgus([...RECORD, "--flush-interval", "1s", "--log-level", "debug"], { cwd: folder, env: venue.env });
  await recorder.said("DEBUG committed");
  await new Promise((resolve) => setTimeout(resolve, 1_600)); // a real process has no virtual time
  recorder.signal("SIGKILL");
  await recorder.ended;
  const killedTime = Date.now() * 1_000;
  const bytes = () =>
    Object.fromEntries(filesUnder(`${folder}/data`).map((file) => [file, runtime.compression.sha256(fs.readFileSync(file))]));
  const before = bytes();
  const left = rowsLeft(storageWorld(runtime, ""), `${folder}/data`, () => true);
  assert.ok(left.chunks.length > 4, "the journal alone had nothing");
  const paths = [...new Set(left.chunks.map(({ path }) => path))].filter((path) => !path.endsWith("/_all")).sort();
  const moments = await Promise.all(paths.map(async (path) => {
    const events = await eventsOf(path, killedTime);
    const times = events.map((line) => Date.parse(JSON.parse(line).recv_time.slice(0, 23) + "Z") * 1_000);
    return { path, events, at: [times[times.length >> 1]!, killedTime - 1] };
  }));
  const books = async () =>
    await Promise.all(
      moments.flatMap(({ path, at }) =>
        at.map(async (each) => JSON.parse(await askAsOf(runtime, config, { path, at: each, levels: Infinity })).event)
      ),
    );
  const answers = await books();
  const { out } = await argus(["asof", paths[0]!, "--at", String(killedTime - 1), "--data-path", "data", "--json"], { cwd: folder });
  assert.deepEqual(JSON.parse(out).event, answers[1]);
  assert.equal(JSON.parse(out).complete, false, "nobody records any more");
  assert.deepEqual(bytes(), before);

  await recordFor(folder, venue, ["--duration", "1s"]);
  await venue.stop();
  for (const { path, events } of moments) assert.deepEqual(await eventsOf(path, killedTime), events, path);
  assert.deepEqual(await books(), answers);
  const { differences } = await compareDayFiles(`${folder}/data`, readLedger(fs.readFileSync(venue.ledger, "utf8")));
  assert.deepEqual(differences.filter((text) => !text.includes("missing")), []); // of its last second
});
