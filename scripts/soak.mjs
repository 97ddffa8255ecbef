import { spawn } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { executable, root } from "./install.mjs";

/** Tests that take their seeds, or how much they do, from the environment. */
const FOLDERS = ["tests/simulation", "tests/crash", "tests/exchanges", "tests/readers", "tests/end_to_end", "tests/processing/gateway"];
const SEEDS_A_RUN = 50; // a run of the test runner holds all its results in memory
const TEST_MS_MAX = 1_800_000;

/**
 * `npm run soak -- NAME [SEEDS] [FIRST]`: a seeded test over many more seeds than the suite has. Prints what failed and how to see it again.
 * `npm run soak -- NAME AMOUNT`: a test that does as much as is asked for, of what its file says.
 */
export async function soak([name, seeds = "1000", first = "1000"]) {
  const all = FOLDERS.flatMap((folder) => readdirSync(join(root, folder)).map((file) => `./${folder}/${file}`));
  const files = all.filter((file) => takes(file, "seedsFrom(") || takes(file, "amountFrom("));
  const file = files.find((each) => nameOf(each) === name);
  if (file === undefined || !/^[1-9]\d*$/.test(seeds) || !/^\d+$/.test(first)) {
    throw new Error(`expected NAME [SEEDS] [FIRST]; names are ${files.map(nameOf).sort().join(", ")}`);
  }
  if (takes(file, "amountFrom(")) return await measured(file, seeds);
  const sum = { passed: 0, failed: 0 };
  const last = Number(first) + Number(seeds);
  for (let from = Number(first); from < last; from += SEEDS_A_RUN) {
    const count = Math.min(SEEDS_A_RUN, last - from);
    const { passed, failed } = await run(file, { SEEDS: `${from}:${count}` });
    sum.passed += passed;
    sum.failed += failed;
    console.log(`${name}: seeds ${from} to ${from + count - 1}: ${passed} passed, ${failed} failed`);
  }
  console.log(`${sum.passed} passed, ${sum.failed} failed`);
  return sum.failed === 0 && sum.passed > 0 ? 0 : 1;
}

/** One run, with what it says of itself. */
async function measured(file, amount) {
  const { passed, failed, output } = await run(file, { AMOUNT: amount });
  if (failed === 0) {
    console.log(
      output.split("\n").filter((line) => !/^(bun test|\(pass\)| *\d+ (pass|fail)|Ran |\.?\/?tests\/)/.test(line)).join("\n").trim(),
    );
  }
  console.log(`${passed} passed, ${failed} failed`);
  return failed === 0 && passed > 0 ? 0 : 1;
}

function takes(file, what) {
  return file.endsWith(".test.ts") && readFileSync(join(root, file), "utf8").includes(what);
}

function nameOf(file) {
  return basename(file, ".test.ts");
}

function run(file, amount) {
  const child = spawn(executable("bun"), ["test", `--timeout=${TEST_MS_MAX}`, file], {
    cwd: root,
    env: { ...process.env, ...amount, NO_COLOR: "1" },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding("utf8").on("data", (text) => output += text);
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code) => {
      const count = (word) => Number(new RegExp(`^ *(\\d+) ${word}$`, "m").exec(output)?.[1] ?? 0);
      const counted = { passed: count("pass"), failed: count("fail"), output };
      if (counted.failed > 0 || code !== 0) console.log(output.split("\n").filter((line) => !line.startsWith("(pass)")).join("\n"));
      resolve(code !== 0 && counted.failed === 0 ? { ...counted, failed: 1 } : counted);
    });
  });
}
