import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { captured } from "./children.mjs";
import { executable, root } from "./install.mjs";

const PLAIN = { env: { ...process.env, NO_COLOR: "1" } };

const BROWSER = join("tests", "browser"); // one browser is enough, so it has a command of its own: npm run browser

const TEST_MS_MAX = 120_000; // Bun stops a test after 5 s unless told otherwise; real processes take longer

/** Format, lint and types; each is one test that passes or fails. */
const GATES = [
  { name: "format", run: () => captured(executable("deno"), ["fmt", "--check"], PLAIN) },
  { name: "lint", run: () => captured(executable("deno"), ["lint"], PLAIN) },
  { name: "types", run: () => captured(process.execPath, [join(root, "node_modules", "typescript", "bin", "tsc"), "-p", "."], PLAIN) },
];

/** `npm test [-- PATH… --runtime bun|deno]`. The last line is `N passed, N failed`; the code is 1 when anything failed. */
export async function test(args) {
  const { paths, runtimes } = parse(args);
  const folder = mkdtempSync(join(tmpdir(), "argus-test-"));
  const sum = { passed: 0, failed: 0 };
  const add = ({ passed, failed }) => {
    sum.passed += passed;
    sum.failed += failed;
  };
  try {
    add(await gates());
    const files = paths.length === 0 ? testFiles(join(root, "tests")) : paths;
    const lanes = await Promise.all(runtimes.map((runtime) => lane(runtime, files, folder)));
    lanes.forEach(add);
  } catch (error) {
    sum.failed++;
    console.log(error.message);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  console.log(`${sum.passed} passed, ${sum.failed} failed`);
  return sum.failed === 0 && sum.passed > 0 ? 0 : 1;
}

/**
 * `npm run browser`: the dashboard in a real Chromium, found on the PATH or named by CHROMIUM; PICTURES=FOLDER keeps what it looked like.
 * Where there is no browser, that is a failure.
 */
export async function browser(args) {
  const folder = mkdtempSync(join(tmpdir(), "argus-test-"));
  try {
    const { passed, failed } = await lane("bun", args.length === 0 ? testFiles(join(root, BROWSER), () => true) : args, folder);
    console.log(`${passed} passed, ${failed} failed`);
    return failed === 0 && passed > 0 ? 0 : 1;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** `npm run check`: the gates without the tests. */
export async function check() {
  const { failed } = await gates();
  return failed === 0 ? 0 : 1;
}

async function gates() {
  const sum = { passed: 0, failed: 0 };
  for (const { name, run } of GATES) {
    const { code, output } = await run();
    console.log(`${code === 0 ? "ok  " : "FAIL"} ${name}`);
    if (code !== 0) console.log(output);
    sum[code === 0 ? "passed" : "failed"]++;
  }
  return sum;
}

/** One runtime over all files. A crash, or an end without a report, is a failure even when no test says so. */
async function lane(runtime, files, folder) {
  const report = join(folder, `${runtime}.xml`);
  const started = performance.now();
  const { code, output } = await captured(...commandOf(runtime, files, report));
  const counted = existsSync(report) ? count(readFileSync(report, "utf8")) : { passed: 0, failed: 0 };
  const isCrash = code !== 0 && counted.failed === 0;
  const isEmpty = code === 0 && counted.passed + counted.failed === 0;
  const failed = counted.failed + (isCrash || isEmpty ? 1 : 0);
  if (failed > 0) console.log(output);
  if (isCrash) console.log(`${runtime} ended with ${code} and no failed test: counted as one failure.`);
  if (isEmpty) console.log(`${runtime} ran no test: counted as one failure.`);
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  console.log(
    `${failed === 0 ? "ok  " : "FAIL"} ${runtime}: ${counted.passed} passed, ${failed} failed, ${
      counted.skipped ?? 0
    } skipped in ${seconds} s`,
  );
  return { passed: counted.passed, failed };
}

function commandOf(runtime, files, report) {
  return runtime === "bun"
    ? [executable("bun"), [
      "test",
      `--timeout=${TEST_MS_MAX}`,
      "--reporter=junit",
      `--reporter-outfile=${report}`,
      ...files.map((file) => file.startsWith("/") ? file : `./${file}`),
    ], PLAIN]
    : [executable("deno"), ["test", "-A", "--no-check", `--junit-path=${report}`, ...files], PLAIN];
}

/**
 * Cases of a JUnit report. Counted one by one: the totals of nested suites differ between runners. Deno reports a suite as a case too,
 * named like the front of its cases: it counts only where it failed and none of them did (a hook).
 */
function count(xml) {
  const cases = [...xml.matchAll(/<testcase\b((?:[^>"]|"[^"]*")*?)(?:\/>|>([\s\S]*?)<\/testcase>)/g)].map(([, attributes, body = ""]) => ({
    name: /\bname="([^"]*)"/.exec(attributes)?.[1] ?? "",
    outcome: /<(failure|error)\b/.test(body) ? "failed" : /<skipped\b/.test(body) ? "skipped" : "passed",
  }));
  const sum = { passed: 0, failed: 0, skipped: 0 };
  for (const { name, outcome } of cases) {
    const inside = cases.filter((other) => other.name.startsWith(`${name} &gt; `));
    const isSuite = inside.length > 0;
    if (!isSuite || (outcome === "failed" && !inside.some((other) => other.outcome === "failed"))) sum[outcome]++;
  }
  return sum;
}

function parse(args) {
  const at = args.findIndex((arg) => arg === "--runtime" || arg.startsWith("--runtime="));
  const value = at < 0 ? undefined : args[at].includes("=") ? args[at].split("=")[1] : args[at + 1];
  if (at >= 0 && value !== "bun" && value !== "deno") throw new Error(`--runtime: found ${value}, expected bun or deno.`);
  const paths = at < 0 ? args : args.filter((_, i) => i !== at && (args[at].includes("=") || i !== at + 1));
  for (const path of paths) if (!existsSync(join(root, path)) && !existsSync(path)) throw new Error(`No such file or folder: ${path}`);
  return { paths, runtimes: value === undefined ? ["bun", "deno"] : [value] };
}

function testFiles(folder, isWanted = (file) => !file.startsWith(BROWSER)) {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(".test.ts"))
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name).slice(root.length + 1))
    .filter(isWanted)
    .sort();
}
