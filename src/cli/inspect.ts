import { ConfigError } from "../lib/errors.ts";
import { command, COMMON_ARGS } from "./command.ts";
import { EXIT } from "./failure.ts";
import type { FileFacts } from "../processing/storage/inspect.ts";
import { factsTable, snakeCase, textTable } from "./facts.ts";

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
    output.result(snakeCase(facts), () => fileText(facts));
    return EXIT.done;
  },
});

/** The file's facts, then a line a column. */
function fileText({ columns, ...file }: FileFacts): string {
  const rows = Object.entries(columns).map((
    [name, { type, encodings, bytes, nulls, min, max }],
  ) => [name, type, encodings, bytes, nulls, min, max]);
  return `${factsTable(file)}\n\n${textTable(["column", "type", "encodings", "bytes", "nulls", "min", "max"], rows)}`;
}
