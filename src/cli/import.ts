import { loadConfig, requireSources } from "../app/config.ts";
import { ConfigError } from "../lib/errors.ts";
import { Telemetry } from "../telemetry/telemetry.ts";
import { command, COMMON_ARGS, CONFIG_ARGS } from "./command.ts";
import { configFlags } from "./config_flags.ts";
import { EXIT } from "./failure.ts";
import { factsText, snakeCase } from "./facts.ts";
import { progressTo, untilStopped } from "./long_work.ts";

export const importFiles = command({
  summary: "Raw captures (`<recv_ns> <frame>` lines, plain, .gz or .zst) into the same Parquet files, through the same codec.",
  args: {
    files: { type: "positional", valueHint: "…", description: "Captures of one source, in the order of time" },
    source: CONFIG_ARGS.source,
    types: CONFIG_ARGS.types,
    symbols: CONFIG_ARGS.symbols,
    exclude: CONFIG_ARGS.exclude,
    "data-path": CONFIG_ARGS["data-path"],
    config: CONFIG_ARGS.config,
    "time-unit": { type: "enum", options: ["ms", "us"], default: "ms", description: "Unit of the venue's times in the captures" },
    ...COMMON_ARGS,
  },
  examples: ["argus import --source binance --data-path ./data 2026-11-22.zst 2026-11-23.zst"],
  async run({ runtime, output, args, version }) {
    const { config } = loadConfig(runtime, configFlags(args));
    const ids = Object.keys(requireSources(config).sources);
    const [source] = ids;
    if (source === undefined || ids.length > 1) {
      throw new ConfigError("--source", `flag --source: found ${ids.join(", ")}, expected one source: a capture belongs to one.`);
    }
    for (const file of args._) {
      if (!runtime.disk.exists(file)) throw new ConfigError("FILE", `Cannot import ${file}: no such file.`);
    }
    const app = await import("../app/import.ts");
    const summary = await untilStopped(runtime, output, (signal) => {
      const options = { version, source, files: args._, timeUnit: args["time-unit"] as "ms" | "us", signal };
      return app.importCaptures(runtime, config, options, new Telemetry(runtime.clock, output.log), progressTo(runtime, output));
    });
    output.result(snakeCase(summary), () => factsText(summary));
    return EXIT.done;
  },
});
