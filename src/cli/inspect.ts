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

const GROUPS_SHOWN_MAX = 40; // a screenful; --json has them all

/** The file's facts, then a line a column, then a line a row group. */
function fileText({ columns, groups, ...file }: FileFacts): string {
  const columnRows = Object.entries(columns).map((
    [name, { type, encodings, bytes, nulls, min, max }],
  ) => [name, type, encodings, bytes, nulls, min, max]);
  const groupRows = groups.slice(0, GROUPS_SHOWN_MAX).map(({ rows, bytes, from, to }, i) => [String(i + 1), rows, bytes, from, to]);
  const more = groups.length > GROUPS_SHOWN_MAX ? [`… and ${groups.length - GROUPS_SHOWN_MAX} more; --json has them all`] : [];
  return [
    factsTable(file).replaceAll(
      /^(metadata argus\.merged +)(.*)$/gm,
      (_, name: string, merged: string) => name + merged.replaceAll(",", `\n${" ".repeat(name.length)}`),
    ),
    "",
    textTable(["column", "type", "encodings", "bytes", "nulls", "min", "max"], columnRows),
    "",
    textTable(["group", "rows", "bytes", "from", "to"], groupRows),
    ...more,
  ].join("\n");
}
