import { loadConfig } from "../app/config.ts";
import { sourceProblem } from "../app/config_schema.ts";
import { ConfigError } from "../lib/errors.ts";
import { Telemetry } from "../telemetry/telemetry.ts";
import { command, COMMON_ARGS, CONFIG_ARGS } from "./command.ts";
import { configFlags } from "./config_flags.ts";
import { EXIT } from "./failure.ts";
import { factsText, snakeCase } from "./facts.ts";
import { wordsOf } from "./flags.ts";
import { progressTo, untilStopped } from "./long_work.ts";
import { countFlag, timeFlag } from "./point_in_time_flags.ts";

export const replay = command({
  summary: "What was recorded, or raw captures, once more: through agora and the gateway, at any speed.",
  args: {
    files: { type: "positional", required: false, valueHint: "…", description: "Captures of one source, instead of the data path" },
    from: { type: "string", valueHint: "2026-11-20T13:00Z", description: "First receive time; the beginning where it is not said" },
    to: { type: "string", valueHint: "2026-11-20T14:00Z", description: "To before this one; the end where it is not said" },
    speed: { type: "string", default: "1", valueHint: "10|max", description: "So many times as fast as it was; max waits for its clients" },
    paths: { type: "string", default: "**", valueHint: "'binance/trade/*'", description: "Paths or patterns" },
    clients: { type: "string", default: "0", valueHint: "N", description: "Begin when so many listen" },
    into: { type: "string", valueHint: "FOLDER", description: "Also into day files of a new data path: the same rows" },
    source: { type: "string", default: "binance", valueHint: "ID", description: "Whose captures" },
    "time-unit": { type: "enum", options: ["ms", "us"], default: "ms", description: "Unit of the venue's times in captures" },
    "data-path": CONFIG_ARGS["data-path"],
    listen: CONFIG_ARGS.listen,
    config: CONFIG_ARGS.config,
    ...COMMON_ARGS,
  },
  examples: [
    "argus replay --from 2026-11-20T13:00Z --to 2026-11-20T14:00Z --speed 10",
    "argus replay --paths 'binance/*/BTCUSDT' --speed max --clients 1 --listen 127.0.0.1:8400",
    "argus replay --from 2026-11-20T13:00Z --to 2026-11-20T14:00Z --speed max --into ./hour --listen off",
  ],
  async run({ runtime, output, args, version }) {
    const { source: _, ...flags } = args;
    const { config } = loadConfig(runtime, configFlags(flags));
    for (const file of args._) if (!runtime.disk.exists(file)) throw new ConfigError("FILE", `Cannot replay ${file}: no such file.`);
    const why = args._.length === 0 ? undefined : sourceProblem(args.source);
    if (why !== undefined) throw new ConfigError("--source", `flag --source: ${why}`);
    const options = {
      version,
      from: timeFlag("--from", args.from) ?? 0,
      to: timeFlag("--to", args.to) ?? Number.MAX_SAFE_INTEGER,
      speed: speedFlag(args.speed),
      patterns: patternsFlag(args.paths),
      captures: args._.length === 0 ? undefined : { files: args._, source: args.source, timeUnit: args["time-unit"] as "ms" | "us" },
      clients: countFlag("--clients", args.clients) ?? 0,
      into: args.into,
      listening: (url: string) => output.note(`argus: replaying at ${url}/`),
    };
    const app = await import("../app/replay.ts");
    const telemetry = new Telemetry(runtime.clock, output.log);
    const summary = await untilStopped(
      runtime,
      output,
      (signal) => app.replay(runtime, config, { ...options, signal }, telemetry, progressTo(runtime, output)),
    );
    output.result(snakeCase(summary), () => factsText(summary));
    return EXIT.done;
  },
});

function speedFlag(text: string): number {
  if (text === "max") return Infinity;
  const speed = Number(text);
  if (/^\d{1,6}(\.\d{1,3})?$/.test(text) && speed > 0) return speed;
  throw new ConfigError("--speed", `--speed: found ${JSON.stringify(text)}, expected a number such as 10, or max.`);
}

function patternsFlag(text: string): string[] {
  const patterns = wordsOf(text);
  if (patterns.length > 0 && patterns.every((pattern) => pattern.split("/").length <= 16)) return patterns;
  throw new ConfigError("--paths", `--paths: found ${JSON.stringify(text)}, expected patterns such as 'binance/trade/*'.`);
}
