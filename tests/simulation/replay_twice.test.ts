import assert from "node:assert/strict";
import { argus } from "../support/argus_process.ts";
import { duckdb, quoted } from "../readers/readers.ts";
import { filesUnder } from "../end_to_end/support.ts";
import { tempFolder } from "../support/temp_folder.ts";
import { Recording } from "./recording.ts";
import { VENUE } from "./scene.ts";
import { isSoak, seededTest, seedsFrom } from "./seeds.ts";

const MIDNIGHT = Date.UTC(2026, 10, 21) * 1_000;
const RECORDED_MS = isSoak ? 3_600_000 : 60_000;
const CUTS = 3;
const folder = tempFolder("replay-twice");

/** Day files below a data path, without it in front. */
function dayFiles(dataPath: string): string[] {
  return filesUnder(dataPath).map((file) => file.slice(dataPath.length + 1)).filter((file) => /^binance\/.*\.pq$/.test(file));
}

/** Rows that are not the same ones at the same places in both files. */
async function differing(sql: Awaited<ReturnType<typeof duckdb>>, one: string, other: string): Promise<number> {
  const [a, b] = [one, other].map((file) => `(SELECT * FROM read_parquet(${quoted(file)}, file_row_number = true))`);
  const [row] = await sql(`SELECT count(*) AS n FROM ((${a} EXCEPT ${b}) UNION ALL (${b} EXCEPT ${a}))`);
  return Number(row!["n"]);
}

for (const seed of seedsFrom(1, 1)) {
  seededTest(
    "replay_twice.test.ts",
    seed,
    "what was recorded, replayed at full speed, and that once more: the same day files each time",
    async () => {
      const recording = new Recording({ seed, symbols: 3, rate: 60, startTime: MIDNIGHT - RECORDED_MS * 450, flushIntervalMs: 15_000 });
      const { world } = recording;
      recording.start();
      for (let cut = 0; cut < CUTS; cut++) {
        if (cut > 0) world.network.cutAll(VENUE);
        await world.advance(RECORDED_MS / CUTS);
      }
      await recording.finish();
      const paths = ["recorded", "once", "twice"].map((name) => `${folder}/${seed}/${name}`);
      recording.copyTo(paths[0]!);
      const sql = await duckdb();
      const files = dayFiles(paths[0]!);
      const kinds = new Set(files.map((file) => `${file.split("/")[1]} ${file.slice(-13)}`));
      for (const kind of ["bbo", "trade", "depth", "gap"]) {
        assert.ok(kinds.has(`${kind} 2026-11-20.pq`) || kinds.has(`${kind} 2026-11-21.pq`), kind);
      }
      assert.ok(kinds.has("depth 2026-11-20.pq") && kinds.has("depth 2026-11-21.pq"), "midnight was not reached");
      for (const [from, into] of [[paths[0]!, paths[1]!], [paths[1]!, paths[2]!]] as const) {
        const { code, out, err } = await argus(
          ["replay", "--speed", "max", "--listen", "off", "--json", "--data-path", from, "--into", into],
          { cwd: folder },
        );
        assert.equal(code, 0, err);
        assert.deepEqual(dayFiles(into), files);
        let rows = 0;
        for (const file of files) {
          assert.equal(await differing(sql, `${from}/${file}`, `${into}/${file}`), 0, `${into}/${file}`);
          const [row] = await sql(`SELECT count(*) AS n FROM read_parquet(${quoted(`${into}/${file}`)})`);
          rows += Number(row!["n"]);
        }
        const summary = JSON.parse(out.trim().split("\n").at(-1)!);
        assert.deepEqual([summary.events, summary.rows_stored], [rows, rows]);
        if (!isSoak) continue;
        const verified = await argus(["verify", "--data-path", into, "--json"], { cwd: folder });
        assert.equal(verified.code, 0, verified.out);
      }
      const again = await argus(["replay", "--speed", "max", "--listen", "off", "--data-path", paths[0]!, "--into", paths[1]!], {
        cwd: folder,
      });
      assert.equal(again.code, 2, "a folder that holds something takes no replay");
    },
  );
}
