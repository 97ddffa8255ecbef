import { ConfigError } from "../lib/errors.ts";
import { command, COMMON_ARGS } from "./command.ts";
import { EXIT } from "./failure.ts";
import { factsTable, snakeCase } from "./facts.ts";

export const inspect = command({
  summary: "One Parquet file: schema, row groups, ranges, metadata.",
  args: {
    file: { type: "positional", description: "A day file or a temp file" },
    ...COMMON_ARGS,
  },
  examples: ["argus inspect data/binance/bbo/BTCUSDT/2026/2026-11-23.pq"],
  async run({ runtime, output, args }) {
    const [file] = args._;
    if (file === undefined || args._.length > 1) throw new ConfigError("FILE", `argus inspect takes one file, found ${args._.length}.`);
    if (!runtime.disk.exists(file)) throw new ConfigError("FILE", `Cannot inspect ${file}: no such file.`);
    const { inspectFile } = await import("../processing/storage/inspect.ts");
    const facts = inspectFile(runtime, file);
    output.result(snakeCase(facts), () => factsTable(facts));
    return EXIT.done;
  },
});
