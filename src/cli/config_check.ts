import { loadConfig } from "../app/config.ts";
import { command, COMMON_ARGS, CONFIG_ARGS } from "./command.ts";
import { configFlags } from "./config_flags.ts";
import { EXIT } from "./failure.ts";

export const configCheck = command({
  summary: "Read the configuration as record would, and say everything that is wrong with it.",
  args: { ...CONFIG_ARGS, ...COMMON_ARGS },
  examples: ["argus config check --config /etc/argus.toml"],
  run({ runtime, output, args }) {
    const { config, file } = loadConfig(runtime, configFlags(args));
    const ids = Object.keys(config.sources);
    const text = `${file ?? "No file; defaults and environment"}: good. Sources: ${ids.length === 0 ? "none named" : ids.join(", ")}.`;
    output.result({ good: true, file: file ?? null, sources: ids }, () => text);
    return Promise.resolve(EXIT.done);
  },
});
