import { loadConfig, requireSources } from "../app/config.ts";
import { Telemetry } from "../telemetry/telemetry.ts";
import { command, COMMON_ARGS, CONFIG_ARGS } from "./command.ts";
import { configFlags } from "./config_flags.ts";
import { EXIT } from "./failure.ts";
import { factsText, snakeCase } from "./facts.ts";
import { durationFlag, progressTo, untilStopped } from "./long_work.ts";

export const record = command({
  summary: "Record sources into Parquet until stopped: connect, publish, store.",
  args: {
    ...CONFIG_ARGS,
    takeover: { type: "boolean", description: "Take over from the recorder that has the data path: it stops, nothing is missed" },
    duration: { type: "string", valueHint: "30s", description: "Stop by itself after this long" },
    ...COMMON_ARGS,
  },
  examples: [
    "argus record --source binance --symbols 'BTCUSDT,ETH*' --types bbo,trade --data-path ./data",
    "argus record --source binance --takeover",
  ],
  async run({ runtime, output, args, version }) {
    const { config } = loadConfig(runtime, configFlags(args));
    requireSources(config);
    const durationMs = durationFlag("--duration", args.duration);
    const app = await import("../app/record.ts");
    for (const [id, { types }] of Object.entries(config.sources)) {
      output.note(`argus: recording ${id} (${types.join(", ")}) into ${config.dataPath}; Ctrl-C writes what is there and ends`);
    }
    const summary = await untilStopped(runtime, output, (signal) => {
      const options = {
        version,
        signal,
        ...(durationMs === undefined ? {} : { durationMs }),
        isTakeover: args.takeover === true,
        listening: (url: string) => output.note(`argus: dashboard and API at ${url}/`),
      };
      return app.record(runtime, config, options, new Telemetry(runtime.clock, output.log), progressTo(runtime, output));
    });
    output.result(snakeCase(summary), () => factsText(summary));
    return summary.outcome === "deadline" ? EXIT.deadline : EXIT.done;
  },
});
