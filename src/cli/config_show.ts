import { loadConfig } from "../app/config.ts";
import type { Config } from "../app/config.ts";
import { tomlOf, userValues } from "../app/config_toml.ts";
import { command, COMMON_ARGS, CONFIG_ARGS } from "./command.ts";
import { configFlags } from "./config_flags.ts";
import { EXIT } from "./failure.ts";

export const configShow = command({
  summary: "The effective values and where each came from, as TOML that gives them back.",
  args: { ...CONFIG_ARGS, ...COMMON_ARGS },
  examples: ["argus config show --source binance", "ARGUS_FLUSH_INTERVAL=30s argus config show --json"],
  run({ runtime, output, args }) {
    const { config, origins, file } = loadConfig(runtime, configFlags(args));
    const shown = withoutToken(config);
    const values = Object.fromEntries([...userValues(shown)].map(([key, value]) => [key, { value, from: origins.get(key) }]));
    output.result({ file: file ?? null, values }, () => tomlOf(shown, (key) => origins.get(key) ?? "").trimEnd());
    return Promise.resolve(EXIT.done);
  },
});

/** What is shown ends up in tickets and logs. */
function withoutToken(config: Config): Config {
  return config.gateway.token === "" ? config : { ...config, gateway: { ...config.gateway, token: "(set, not shown)" } };
}
