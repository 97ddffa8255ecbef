import type { Compacted, CompactSummary } from "../app/compact.ts";
import { loadConfig } from "../app/config.ts";
import { ConfigError } from "../lib/errors.ts";
import { command, COMMON_ARGS, CONFIG_ARGS } from "./command.ts";
import { configFlags } from "./config_flags.ts";
import { EXIT } from "./failure.ts";
import { factsText, snakeCase } from "./facts.ts";
import { wordsOf } from "./flags.ts";
import { progressTo, untilStopped } from "./long_work.ts";

export const compact = command({
  summary: "Roll day files of a stopped recorder: the same rows in few groups, packed harder. A running one rolls its days itself.",
  args: {
    days: { type: "positional", required: false, valueHint: "2026-11-23 …", description: "UTC days; without, every day that is over" },
    source: CONFIG_ARGS.source,
    symbols: CONFIG_ARGS.symbols,
    exclude: CONFIG_ARGS.exclude,
    types: CONFIG_ARGS.types,
    "data-path": CONFIG_ARGS["data-path"],
    config: CONFIG_ARGS.config,
    ...COMMON_ARGS,
  },
  examples: ["argus compact --data-path ./data", "argus compact 2026-11-22 2026-11-23 --types depth"],
  async run({ runtime, output, args, version }) {
    const { dataPath } = loadConfig(runtime, configFlags({ config: args.config, "data-path": args["data-path"] })).config;
    if (!runtime.disk.exists(dataPath)) throw new ConfigError("--data-path", `Cannot compact ${dataPath}: no such folder.`);
    for (const day of args._) {
      if (!/^\d{4}-\d{2}-\d{2}$/.test(day)) {
        throw new ConfigError("DAYS", `DAYS: found ${JSON.stringify(day)}, expected UTC days such as 2026-11-23.`);
      }
    }
    const app = await import("../app/compact.ts");
    const notable: Compacted[] = [];
    let [files, isRefused] = [0, false];
    const progress = progressTo(runtime, output);
    const summary = await untilStopped(runtime, output, (signal) =>
      app.compactDays(runtime, {
        dataPath,
        version,
        dates: args._,
        symbols: args.symbols === undefined ? ["*"] : wordsOf(args.symbols),
        exclude: wordsOf(args.exclude ?? ""),
        signal,
        ...(args.source === undefined ? {} : { sources: wordsOf(args.source) }),
        ...(args.types === undefined ? {} : { types: wordsOf(args.types) }),
      }, (file) => {
        if (output.isJson) output.result(snakeCase(file), () => "");
        if (file.what !== "rolled" && file.what !== "already") notable.push(file);
        isRefused ||= file.what === "failed";
        progress({ files: ++files });
      }));
    output.result(snakeCase(summary), () => summaryText(summary, notable));
    return isRefused ? EXIT.storage : summary.left > 0 ? EXIT.unexpected : EXIT.done;
  },
});

function summaryText(summary: CompactSummary, notable: readonly Compacted[]): string {
  const lines = notable.map((file) => `${file.path} ${file.date}: ${file.what}${"why" in file ? `, ${file.why}` : ""}`);
  const hint = summary.waiting > 0 ? ["rows wait under tmp/: run argus flush first"] : [];
  return [factsText(summary), ...lines, ...hint].join("\n");
}
