import { defaultConfig } from "../app/config.ts";
import { exampleToml } from "../app/config_toml.ts";
import { ConfigError } from "../lib/errors.ts";
import { SOURCES } from "../exchanges/registry.ts";
import { command, COMMON_ARGS, CONFIG_ARGS } from "./command.ts";
import { EXIT } from "./failure.ts";

export const configInit = command({
  summary: "Write a commented argus.toml with every default. Never overwrites.",
  args: {
    config: { type: "string", default: "argus.toml", valueHint: "FILE", description: "Where to write" },
    source: CONFIG_ARGS.source,
    ...COMMON_ARGS,
  },
  examples: ["argus config init", "argus config init --config /etc/argus.toml --source binance"],
  run({ runtime, output, args }) {
    const { disk } = runtime;
    if (disk.exists(args.config)) {
      throw new ConfigError(
        "--config",
        `Cannot write ${args.config}: it exists already.`,
        "Choose another place with --config, or remove it.",
      );
    }
    const config = defaultConfig(args.source?.split(",") ?? [SOURCES[0]!.id]);
    const file = disk.open(args.config, "create");
    try {
      file.append(new TextEncoder().encode(exampleToml(config)));
      file.sync();
    } finally {
      file.close();
    }
    output.result({ file: args.config }, () => `Wrote ${args.config}. Edit it, then: argus config check`);
    return Promise.resolve(EXIT.done);
  },
});
