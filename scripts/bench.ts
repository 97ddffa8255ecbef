/**
 * `npm run bench [-- PART… --json]`: what recording costs, all of it or the parts named. CPU time (user and system, all threads), because
 * wall time moves with the machine. Figures of one run compare with each other; across runs compare ratios.
 */
import { execFileSync } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import process from "node:process";
import { ALL_IN } from "./bench/all_in.ts";
import { asOf } from "./bench/as_of.ts";
import { captures } from "./bench/captures.ts";
import { day } from "./bench/day.ts";
import { hotPath } from "./bench/hot_path.ts";
import { journal } from "./bench/journal.ts";
import { recovery } from "./bench/recovery.ts";
import { receive } from "./bench/receive.ts";
import { storage } from "./bench/storage.ts";
import { STEADY } from "./bench/steady.ts";
import { startUp } from "./bench/start_up.ts";
import { subscribers } from "./bench/subscribers.ts";
import { venue } from "./bench/venue.ts";

export interface Figure {
  readonly what: string;
  readonly value: number;
  readonly unit: string;
}

const PARTS: Readonly<Record<string, (folder: string) => Promise<Figure[]>>> = {
  "start-up": startUp,
  "receive": receive,
  "hot-path": hotPath,
  "journal": journal,
  "storage": storage,
  "captures": captures,
  "day": day,
  "recovery": recovery,
  "asof": asOf,
  "subscribers": subscribers,
  "simulate": venue,
  ...STEADY,
  ...ALL_IN,
};

const args = process.argv.slice(2).filter((arg) => arg !== "--json");
const unknown = args.find((arg) => PARTS[arg] === undefined);
if (unknown !== undefined) {
  console.error(`npm run bench: unknown argument ${unknown}; there are --json and the parts ${Object.keys(PARTS).join(", ")}`);
  process.exit(2);
}
const isJson = process.argv.includes("--json");
const folder = fs.mkdtempSync(`${os.tmpdir()}/argus-bench-`);
const figures: Figure[] = [];
try {
  for (const [part, measure] of Object.entries(PARTS)) {
    if (args.length > 0 && !args.includes(part)) continue;
    for (const figure of await measure(folder)) {
      figures.push(figure);
      if (!isJson) console.log(`${figure.what.padEnd(86)} ${format(figure.value).padStart(10)} ${figure.unit}`);
    }
  }
} finally {
  fs.rmSync(folder, { recursive: true, force: true });
}
const machine = {
  cpu: os.cpus()[0]?.model ?? "unknown",
  cores: os.cpus().length,
  kernel: os.release(),
  bun: Bun.version,
  commit: commit(),
};
if (isJson) console.log(JSON.stringify({ machine, figures }));
else console.log(`\n${machine.cpu}, ${machine.cores} cores, Linux ${machine.kernel}, Bun ${machine.bun}, commit ${machine.commit}`);

function format(value: number): string {
  return value >= 1_000 ? Math.round(value).toLocaleString("en-US") : value.toPrecision(3);
}

function commit(): string {
  try {
    return execFileSync("git", ["rev-parse", "--short", "HEAD"], { encoding: "utf8" }).trim();
  } catch {
    return "unknown";
  }
}
