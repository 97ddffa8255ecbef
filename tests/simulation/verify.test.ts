import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as path from "node:path";
import { test } from "node:test";
import { verifyData, type VerifySummary } from "../../src/app/verify.ts";
import type { Verdict } from "../../src/processing/storage/verify.ts";
import { SeededRandom } from "../../src/sim/world/seeded_random.ts";
import { tempFolder } from "../support/temp_folder.ts";
import { Recording } from "./recording.ts";
import { real, VENUE } from "./scene.ts";
import { seedsFrom } from "./seeds.ts";

const folder = tempFolder("verify");

/** A recording with holes in it: cuts of all sockets, healed trades, fetched books. */
async function recorded(seed: number): Promise<string> {
  const recording = new Recording({ seed, symbols: 3, rate: 60, flushIntervalMs: 5_000 });
  recording.start();
  for (let i = 0; i < 3; i++) {
    await recording.world.advance(20_000);
    recording.world.network.cutAll(VENUE);
  }
  await recording.world.advance(60_000);
  await recording.finish();
  const data = `${folder}/${seed}`;
  recording.copyTo(data);
  return data;
}

async function verified(
  dataPath: string,
  only: { readonly types?: readonly string[]; readonly symbols?: readonly string[] } = {},
): Promise<VerifySummary & { readonly verdicts: Verdict[] }> {
  const verdicts: Verdict[] = [];
  const signal = new AbortController().signal;
  const summary = await verifyData(real, { dataPath, symbols: ["*"], exclude: [], signal, ...only }, (verdict) => verdicts.push(verdict));
  return { ...summary, verdicts };
}

function dayFile(data: string, stream: string): string {
  const year = fs.readdirSync(`${data}/binance/${stream}`)[0]!;
  return `${data}/binance/${stream}/${year}/${fs.readdirSync(`${data}/binance/${stream}/${year}`)[0]!}`;
}

test("a recording with holes is good when each is told: trades complete again, books fetched anew", async () => {
  const { isGood, verdicts, totals } = await verified(await recorded(11));
  assert.ok(isGood, JSON.stringify(verdicts.filter(({ problems, holesUntold }) => problems.length + holesUntold > 0)));
  const total = (type: string) => totals.find((each) => each.type === type)!;
  assert.ok(total("trade").healed > 0);
  assert.deepEqual([total("trade").holes, total("trade").idsMissing], [0, 0], "every missing trade was fetched");
  assert.ok(total("depth").holes > 0 && total("depth").snapshots > total("depth").symbols);
  assert.deepEqual(verdicts.map(({ problems }) => problems).flat(), []);
});

test("the time between a kill and the next start is told by the row of that start, and no earlier hole is", async () => {
  const recording = new Recording({ seed: 14, symbols: 3, rate: 60, flushIntervalMs: 1_000 });
  for (let i = 0; i < 3; i++) {
    recording.start();
    await recording.world.advance(12_000);
    recording.host.kill();
    await recording.world.advance(2_000);
  }
  recording.start();
  await recording.world.advance(10_000);
  await recording.finish();
  const data = `${folder}/restarts`;
  recording.copyTo(data);
  const { isGood, totals } = await verified(data);
  assert.ok(totals.some(({ holes }) => holes > 0), "no restart left a hole");
  assert.ok(isGood, JSON.stringify(totals));

  const untold = `${data}-untold`;
  fs.cpSync(data, untold, { recursive: true });
  fs.rmSync(dayFile(untold, "gap/BTCUSDT"));
  assert.ok((await verified(untold)).holesUntold > 0);
});

test("what is wrong is found: a hole nobody tells, a torn end, another stream's file, rows of another day, a damaged file put beside", async () => {
  const data = await recorded(12);
  const untold = `${data}-untold`;
  fs.cpSync(data, untold, { recursive: true });
  fs.rmSync(`${untold}/binance/gap`, { recursive: true });
  const silent = await verified(untold);
  assert.ok(!silent.isGood && silent.holesUntold > 0 && silent.problems === 0);

  const cases: [name: string, damage: (copy: string) => void, says: RegExp][] = [
    ["torn", (copy) => {
      const file = dayFile(copy, "trade/BTCUSDT");
      fs.truncateSync(file, fs.statSync(file).size - 3);
    }, /its end is missing or not whole/],
    [
      "moved",
      (copy) => fs.copyFileSync(dayFile(copy, "bbo/ETHUSDT"), dayFile(copy, "bbo/BTCUSDT")),
      /argus\.symbol is ETHUSDT, expected BTCUSDT/,
    ],
    [
      "beside",
      (copy) => fs.copyFileSync(dayFile(copy, "trade/BTCUSDT"), `${dayFile(copy, "trade/BTCUSDT")}.corrupt-20261119T000000.000Z`),
      /found damaged and put beside the day's new file/,
    ],
    ["day", (copy) => {
      const file = dayFile(copy, "bbo/BTCUSDT");
      fs.renameSync(file, `${path.dirname(file)}/2026-01-01.pq`);
    }, /received on another day/],
  ];
  for (const [name, damage, says] of cases) {
    const copy = `${data}-${name}`;
    fs.cpSync(data, copy, { recursive: true });
    damage(copy);
    const { isGood, verdicts } = await verified(copy);
    assert.ok(!isGood, name);
    assert.match(verdicts.flatMap(({ problems }) => problems).join("\n"), says, name);
  }
});

test("a single flipped bit anywhere in a day file is noticed, in dead footers too, and so is every cut: 2,000 of 2,000", async () => {
  for (const seed of seedsFrom(13, 1)) await noticesFlips(seed);
});

async function noticesFlips(seed: number): Promise<void> {
  const data = await recorded(seed);
  const random = new SeededRandom(seed, "flips");
  for (const type of ["bbo", "trade", "depth", "gap"]) {
    const file = dayFile(data, `${type}/BTCUSDT`);
    const bytes = fs.readFileSync(file);
    for (let i = 0; i < 500; i++) {
      const isCut = i % 10 === 0;
      let at = random.below(bytes.length);
      if (isCut && bytes.subarray(0, at).toString("latin1").endsWith("PAR1")) at--; // else it is the file as it was before an append
      const damaged = new Uint8Array(isCut ? bytes.subarray(0, at) : bytes);
      if (!isCut) damaged[at]! ^= 1 << random.below(8);
      fs.writeFileSync(file, damaged);
      const { isGood } = await verified(data, { types: [type], symbols: ["BTCUSDT"] });
      assert.ok(!isGood, `seed ${seed}, ${type}: ${isCut ? "cut" : "a flipped bit"} at ${at} of ${bytes.length}`);
    }
    fs.writeFileSync(file, bytes);
    assert.ok((await verified(data, { types: [type], symbols: ["BTCUSDT"] })).isGood);
  }
}
