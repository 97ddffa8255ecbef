import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as path from "node:path";
import { describe, it } from "node:test";
import { filesUnder, ROOT } from "./source_files.ts";

/** Left to right: a room imports only rooms to its left, and itself. */
const ROOMS = ["lib", "runtime", "telemetry", "events", "exchanges", "agora", "network", "processing", "sim", "app", "cli"];
/** Neighbours that must not know each other although one stands to the left. */
const STRANGERS = [["network", "processing"]] as const;
/** Files nothing imports: a program starts there. */
const ENTRIES = ["src/main.ts", "src/storage_worker.ts", "src/journal_worker.ts", "src/history_worker.ts"];
const LINES_MAX = 400;
/** Longer files, each with its reason. */
const LONG_FILES: Readonly<Record<string, string>> = {};

const BANNED: readonly (readonly [name: string, pattern: RegExp, instead: string])[] = [
  ["Bun", /(?<![.\w"'`$-])Bun\b(?=\.)/, "the Runtime port"],
  ["Deno", /(?<![.\w"'`$-])Deno\b(?=\.)/, "the Runtime port"],
  ["globalThis", /\bglobalThis\b/, "the Runtime port"],
  ["Date.now", /\bDate\.now\b|\bnew Date\(\s*\)/, "runtime.clock.wallTime() for stored times, clock.monotonicMs() for durations"],
  ["performance", /(?<![.\w])performance\./, "runtime.clock.monotonicMs()"],
  ["timers", /(?<![.\w#])(?:set|clear)(?:Timeout|Interval|Immediate)\b|(?<![.\w#])queueMicrotask\b/, "runtime.timers.after, every or turn"],
  ["AbortSignal.timeout", /\bAbortSignal\.timeout\b/, "runtime.timers.after and an AbortController"],
  ["Math.random", /\bMath\.random\b/, "runtime.random.float()"],
  ["crypto", /(?<![.\w])crypto\./, "runtime.random.bytes() or runtime.compression.sha256()"],
  ["WebSocket", /\bnew WebSocket\b/, "runtime.sockets.connect"],
  ["fetch", /(?<![.\w#]|function |async )fetch\(/, "runtime.http.request"],
  ["console", /(?<![.\w])console\./, "cli/output.ts, or one function in telemetry/happenings.ts"],
];
/** Globals of the platform whose names are also ours: banned where the file does not bring its own. */
const SHARED_NAMES: readonly (readonly [name: string, use: RegExp, own: RegExp, instead: string])[] = [
  ["process", /(?<![.\w#])process\.\w/, /\bprocess\s*[:}]|[{,]\s*process\b|\bprocess =/, "runtime.process"],
  ["Worker", /\bnew Worker\(/, /import [^;]*\bWorker\b[^;]* from|class Worker\b/, "runtime.threads.spawn"],
];

const files = filesUnder("src");
const outside = files.filter(({ path }) => !path.startsWith("src/runtime/"));

function report(problems: readonly string[]): void {
  assert.equal(problems.length, 0, `\n${problems.join("\n")}`);
}

describe("the house", () => {
  it("imports leftwards only", () => {
    const problems: string[] = [];
    for (const file of files) {
      const room = roomOf(file.path);
      if (room !== undefined && !ROOMS.includes(room)) problems.push(`${file.path}: ${room} is no room; rooms are ${ROOMS.join(", ")}`);
      for (const target of file.imports) {
        const other = roomOf(target);
        if (target.startsWith("src/") && other === undefined && room !== undefined) {
          problems.push(`${file.path} imports the entry ${target}`);
        }
        if (room === undefined || other === undefined) continue;
        const isRightwards = ROOMS.indexOf(other) > ROOMS.indexOf(room);
        const areStrangers = STRANGERS.some(([a, b]) => (a === room && b === other) || (b === room && a === other));
        if (isRightwards || areStrangers) {
          problems.push(`${file.path} imports ${target}: ${room} must not know ${other}; pass what it needs as an argument`);
        }
      }
    }
    report(problems);
  });

  it("names runtimes, clocks, timers, randomness, sockets and the console in src/runtime only", () => {
    const problems: string[] = [];
    for (const { path, code, imports } of outside) {
      for (const [name, pattern, instead] of BANNED) if (pattern.test(code)) problems.push(`${path} names ${name}: use ${instead}`);
      for (const [name, use, own, instead] of SHARED_NAMES) {
        if (use.test(code) && !own.test(code)) problems.push(`${path} names ${name}: use ${instead}`);
      }
      for (const target of imports) {
        if (/^(node:|bun(:|$)|deno|ws$|npm:|jsr:|https?:)/.test(target)) problems.push(`${path} imports ${target}: use the Runtime port`);
      }
    }
    report(problems);
  });

  it("prints in cli/output.ts only", () => {
    const printers = outside.filter(({ path, code }) => path !== "src/main.ts" && /\bprocess\.write\(/.test(code)).map(({ path }) => path);
    report(printers.filter((path) => path !== "src/cli/output.ts").map((path) => `${path} prints: use cli/output.ts`));
  });

  it("has no file that nothing leads to", () => {
    const byPath = new Map(files.map((file) => [file.path, file]));
    const reached = new Set<string>();
    // The simulated world is for tests; whatever a test uses of it is used.
    const simulated = filesUnder("tests").flatMap(({ imports }) => imports.filter((target) => target.startsWith("src/sim/")));
    const queue = [...ENTRIES, ...simulated];
    for (let file = queue.pop(); file !== undefined; file = queue.pop()) {
      if (reached.has(file) || !byPath.has(file)) continue;
      reached.add(file);
      queue.push(...byPath.get(file)!.imports);
    }
    const missing = ENTRIES.filter((entry) => !byPath.has(entry)).map((entry) => `${entry} is an entry and does not exist`);
    report([
      ...missing,
      ...files.filter(({ path }) => !reached.has(path) && !path.endsWith(".d.ts")).map(({ path }) =>
        `${path}: nothing leads to it from ${ENTRIES.join(" or ")}; remove it`
      ),
    ]);
  });

  it("imports only files that exist and packages that are pinned dependencies", () => {
    const dependencies = Object.keys(manifest().dependencies);
    const problems: string[] = [];
    for (const file of files) {
      for (const target of file.imports) {
        const isFile = target.startsWith("src/") || target.endsWith(".json");
        if (isFile && !fs.existsSync(path.join(ROOT, target))) problems.push(`${file.path} imports ${target}, which does not exist`);
        const isPackage = !isFile && !/^(node:|bun:)/.test(target);
        if (isPackage && !dependencies.some((name) => target === name || target.startsWith(`${name}/`))) {
          problems.push(`${file.path} imports ${target}, which package.json does not name as a dependency`);
        }
      }
    }
    report(problems);
  });

  it("keeps files short", () => {
    const long = files.filter(({ path, text }) => text.split("\n").length > LINES_MAX && LONG_FILES[path] === undefined);
    report(long.map(({ path, text }) => `${path} has ${text.split("\n").length} lines, over ${LINES_MAX}: what is its second idea?`));
  });

  it("pins every dependency exactly", () => {
    const { dependencies, devDependencies } = manifest();
    const loose = Object.entries({ ...dependencies, ...devDependencies }).filter(([, version]) =>
      !/^\d+\.\d+\.\d+(-[\w.]+)?$/.test(version)
    );
    report(loose.map(([name, version]) => `package.json: ${name} ${version} is a range; name one version`));
  });
});

function roomOf(file: string): string | undefined {
  const [top, room, rest] = file.split("/");
  return top === "src" && rest !== undefined ? room : undefined;
}

function manifest(): { dependencies: Record<string, string>; devDependencies: Record<string, string> } {
  return JSON.parse(fs.readFileSync(path.join(ROOT, "package.json"), "utf8"));
}
