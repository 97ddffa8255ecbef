import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { captured } from "./children.mjs";
import { executable, root } from "./install.mjs";

const FOLDER = join(root, "tests", "plants");
const COPIED = ["src", "tests", "scripts", "docs", "package.json", "tsconfig.json", "bunfig.toml"];
const TEST_MS_MAX = 60_000;
/** What a plant that breaks the program, instead of its promise, looks like. */
const BROKEN = /SyntaxError|Cannot find module|is not defined|Transpiler|Unexpected token/;

/**
 * `npm run plants [-- K… | --planted-only]`: builds each planted bug, one at a time, into a copy of the sources and runs the one test that has to notice it.
 * The same test passes without the bug. `--planted-only` leaves that half to `npm test`, which runs every test anyway.
 */
export async function plants(args) {
  const plantedOnly = args.includes("--planted-only");
  const wanted = args.filter((arg) => arg !== "--planted-only");
  const all = await entries();
  const unknown = wanted.filter((k) => !all.some((plant) => String(plant.k) === k));
  if (unknown.length > 0) throw new Error(`no plant ${unknown.join(", ")}; there are ${all.map(({ k }) => k).join(", ")}`);
  const chosen = wanted.length === 0 ? all : all.filter(({ k }) => wanted.includes(String(k)));
  const clean = new Map();
  const copy = copyOfSources();
  let caught = 0;
  try {
    for (const plant of chosen) {
      const started = performance.now();
      const trouble = (plantedOnly ? undefined : await troubleWithout(plant, clean)) ?? await troubleWith(plant, copy);
      const seconds = ((performance.now() - started) / 1000).toFixed(1);
      console.log(`${trouble === undefined ? "caught" : "MISSED"} ${plant.k}: ${plant.bug} (${seconds} s)`);
      if (trouble === undefined) caught++;
      else console.log(`  ${trouble}\n  again: npm run plants -- ${plant.k}`);
    }
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
  console.log(`${caught} of ${chosen.length} planted bugs caught`);
  return caught === chosen.length ? 0 : 1;
}

/** All plants, by number. A number stands once. */
async function entries() {
  const files = readdirSync(FOLDER).filter((name) => name.endsWith(".mjs")).sort();
  const lists = await Promise.all(files.map(async (name) => (await import(pathToFileURL(join(FOLDER, name)).href)).default));
  const all = lists.flat().sort((a, b) => a.k - b.k);
  const twice = all.filter(({ k }, i) => all[i - 1]?.k === k);
  if (twice.length > 0) throw new Error(`plant ${twice.map(({ k }) => k).join(", ")} stands twice in ${FOLDER}`);
  return all;
}

async function troubleWithout(plant, clean) {
  const key = commandOf(plant).join(" ");
  if (!clean.has(key)) clean.set(key, run(plant, root));
  const { passed, failed, output } = await clean.get(key);
  return passed > 0 && failed === 0 ? undefined : `without it the test does not pass (${passed} passed, ${failed} failed):\n${output}`;
}

async function troubleWith(plant, copy) {
  const whole = new Map();
  try {
    for (const edit of plant.edits) {
      const file = join(copy, edit.file);
      const before = readFileSync(file, "utf8");
      if (!whole.has(file)) whole.set(file, before);
      const count = before.split(edit.text).length - 1;
      if (count !== 1) return `its text stands ${count} times in ${edit.file}, expected once: bring the plant up to date`;
      writeFileSync(file, before.replace(edit.text, () => edit.instead));
    }
    const { passed, failed, output } = await run(plant, copy);
    if (failed === 0) return `nobody noticed it (${passed} passed): ${commandOf(plant).join(" ")}`;
    if (BROKEN.test(output)) return `it does not run:\n${output}`;
    return plant.fails.test(output) ? undefined : `the test failed for another reason than ${plant.fails}:\n${output}`;
  } finally {
    for (const [file, text] of whole) writeFileSync(file, text);
  }
}

/** The sources, for one plant after the other. */
function copyOfSources() {
  const copy = mkdtempSync(join(tmpdir(), "argus-plants-"));
  for (const name of COPIED) cpSync(join(root, name), join(copy, name), { recursive: true });
  symlinkSync(join(root, "node_modules"), join(copy, "node_modules"));
  return copy;
}

function commandOf({ test, name }) {
  return ["test", `--timeout=${TEST_MS_MAX}`, `./${test}`, ...(name === undefined ? [] : ["-t", name])];
}

async function run(plant, cwd) {
  const { output } = await captured(executable("bun"), commandOf(plant), { cwd, env: { ...process.env, ...plant.env, NO_COLOR: "1" } });
  const count = (word) => Number(new RegExp(`^ *(\\d+) ${word}$`, "m").exec(output)?.[1] ?? 0);
  return { passed: count("pass"), failed: count("fail"), output };
}
