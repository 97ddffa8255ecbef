import { loadConfig } from "../app/config.ts";
import type { DoctorSummary } from "../app/doctor/doctor.ts";
import type { Finding } from "../app/doctor/check.ts";
import { escapeControls } from "../lib/escape_controls.ts";
import { SOURCES } from "../exchanges/registry.ts";
import { command, COMMON_ARGS, CONFIG_ARGS } from "./command.ts";
import { configFlags } from "./config_flags.ts";
import { EXIT } from "./failure.ts";
import { snakeCase } from "./facts.ts";
import { durationFlag, untilStopped } from "./long_work.ts";

const NAME_WIDTH = 16;
const MARKS = { good: "good", poor: "POOR", bad: "BAD " } as const;
const COLOURS = { good: "\u001b[32m", poor: "\u001b[33m", bad: "\u001b[31m" } as const;

export const doctor = command({
  summary: "Will it work here, now? Disk, limits, clock, and one live frame of every type of each source; 1 where something will not.",
  args: {
    source: CONFIG_ARGS.source,
    symbols: CONFIG_ARGS.symbols,
    exclude: CONFIG_ARGS.exclude,
    types: CONFIG_ARGS.types,
    "data-path": CONFIG_ARGS["data-path"],
    listen: CONFIG_ARGS.listen,
    config: CONFIG_ARGS.config,
    wait: { type: "string", default: "20s", valueHint: "20s", description: "How long a type may take to bring its first frame" },
    ...COMMON_ARGS,
  },
  examples: ["argus doctor", "argus doctor --source binance --symbols BTCUSDT --data-path /srv/argus", "argus doctor --json"],
  async run({ runtime, output, args }) {
    const given = loadConfig(runtime, configFlags(args)).config;
    const waitMs = durationFlag("--wait", args.wait)!;
    // Whoever names no source wants to know of all there are.
    const config = Object.keys(given.sources).length > 0
      ? given
      : loadConfig(runtime, configFlags({ ...args, source: SOURCES.map(({ id }) => id).join(",") })).config;
    const app = await import("../app/doctor/doctor.ts");
    const summary = await untilStopped(
      runtime,
      output,
      (signal) =>
        app.doctor(runtime, config, { waitMs, signal }, (finding) => {
          output.status("");
          output.result(snakeCase(finding), () => findingText(finding, output.isTerminal));
          output.status("…");
        }),
    );
    output.result(snakeCase(summary), () => summaryText(summary));
    return summary.isGood ? EXIT.done : EXIT.unexpected;
  },
});

function findingText(finding: Finding, hasColours: boolean): string {
  const mark = hasColours ? `${COLOURS[finding.state]}${MARKS[finding.state]}\u001b[0m` : MARKS[finding.state];
  const line = `${mark}  ${finding.check.padEnd(NAME_WIDTH)}  ${escapeControls(finding.says)}`;
  return finding.state === "good"
    ? line
    : `${line}\n${" ".repeat(MARKS.good.length + 2)}${"".padEnd(NAME_WIDTH)}  → ${escapeControls(finding.todo)}`;
}

function summaryText({ good, poor, bad, isGood }: DoctorSummary): string {
  if (bad > 0) return `\n${bad} will not work, ${poor} to look at, ${good} good`;
  if (!isGood) return "\ncut short";
  return poor > 0 ? `\nit will work; ${poor} to look at, ${good} good` : `\nit will work: all ${good} good`;
}
