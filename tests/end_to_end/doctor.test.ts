import assert from "node:assert/strict";
import * as fs from "node:fs";
import process from "node:process";
import { describe, it } from "node:test";
import { eventually } from "../sim/venue/support.ts";
import { argus, type HowToRun, startArgus } from "../support/argus_process.ts";
import { tempFolder } from "../support/temp_folder.ts";
import { assertAllStored, filesUnder, startVenue } from "./support.ts";

interface Told {
  readonly check?: string;
  readonly state?: string;
  readonly says?: string;
  readonly todo?: string;
}

async function examined(args: readonly string[], how: HowToRun) {
  const { code, out, err } = await argus(["doctor", "--json", "--wait", "10s", ...args], how);
  assert.equal(err, "");
  const told = out.trimEnd().split("\n").map((line) => JSON.parse(line) as Told);
  const faults = told.flatMap(({ check, state }) => state === undefined || state === "good" ? [] : [`${check} ${state}`]);
  return { code, faults, of: (check: string) => told.find((each) => each.check === check) };
}

describe("argus doctor on a real machine", () => {
  const folder = tempFolder("doctor");

  it("looks at a running recorder's place without disturbing it, then at what a kill left, then at a damaged journal", async () => {
    const venue = await startVenue(folder, ["--symbols", "4", "--rate", "800"]);
    const how = { cwd: folder, env: venue.env };
    const record = ["record", "--source", "binance", "--data-path", "data", "--listen", "127.0.0.1:0", "--flush-interval", "1s"];
    const recorder = startArgus(record, how);
    await recorder.said("dashboard and API at");
    await eventually(() => fs.existsSync(`${folder}/data/binance/trade`) && fs.existsSync(`${folder}/data/tmp/budget`), 20_000);
    const before = fs.readFileSync(`${folder}/data/argus.lock`, "utf8");
    const beside = await examined(["--data-path", "data"], how);
    assert.deepEqual([beside.code, beside.faults], [0, []]);
    assert.match(beside.of("data path")!.says!, new RegExp(`in use by .*pid ${recorder.pid}`));
    assert.match(beside.of("gateway")!.says!, /left to the recorder/);
    assert.equal(fs.readFileSync(`${folder}/data/argus.lock`, "utf8"), before);
    recorder.signal("SIGTERM");
    assert.equal((await recorder.ended).code, 0);
    await venue.stop();
    assert((await assertAllStored(folder, venue)) > 500);
    assert.deepEqual(filesUnder(`${folder}/data`).filter((file) => file.includes("probe")), []);
  });

  it("what a kill left in the journal is told, and so is a journal that cannot be read", async () => {
    const cwd = `${folder}/killed`;
    fs.mkdirSync(cwd);
    const venue = await startVenue(cwd, ["--symbols", "2", "--rate", "400"]);
    const how = { cwd, env: venue.env };
    const recorder = startArgus(["record", "--source", "binance", "--listen", "off", "--flush-interval", "10m"], how);
    const segments = () => fs.existsSync(`${cwd}/data/tmp/journal`) ? filesUnder(`${cwd}/data/tmp/journal`) : [];
    await eventually(() => segments().some((file) => fs.statSync(file).size > 8_000), 20_000);
    recorder.signal("SIGKILL");
    await recorder.ended;
    const killed = await examined(["--source", "binance", "--types", "trade"], how);
    assert.deepEqual([killed.code, killed.faults], [0, []]);
    assert.match(killed.of("journal")!.says!, /^[\d,]+ rows in \d segments?, 0\.\d MB; the next start recovers them/);
    const bytes = fs.readFileSync(segments()[0]!);
    bytes[bytes.length >> 1]! ^= 0x10;
    fs.writeFileSync(segments()[0]!, bytes);
    const damaged = await examined(["--source", "binance", "--types", "trade"], how);
    assert.deepEqual([damaged.code, damaged.faults], [1, ["journal bad"]]);
    assert.match(damaged.of("journal")!.todo!, /argus journal check/);

    fs.writeFileSync(`${cwd}/file`, "");
    const isLinux = process.platform === "linux"; // where nobody makes folders in /sys, root neither
    const [few, inTheWay, readOnly] = await Promise.all([
      examined(["--types", "bbo", "--data-path", "elsewhere"], { ...how, before: "ulimit -n 64" }),
      examined(["--types", "bbo", "--data-path", "file/data"], how),
      ...(isLinux ? [examined(["--types", "bbo", "--data-path", "/sys/argus"], how)] : []),
    ]);
    assert.deepEqual([few.code, few.faults], [1, ["file limit bad"]]);
    assert.match(few.of("file limit")!.says!, /^64 open files/);
    assert.deepEqual([inTheWay.code, inTheWay.faults], [1, ["data path bad"]]);
    if (readOnly !== undefined) assert.match(readOnly.of("data path")!.todo!, /set data_path/);
    await venue.stop();
    assert.deepEqual(fs.readdirSync(cwd).filter((name) => !name.startsWith(".")).sort(), ["data", "file", "ledger.ndjson"]);
  });
});
