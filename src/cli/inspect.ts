import { ConfigError } from "../lib/errors.ts";
import { command, COMMON_ARGS } from "./command.ts";
import { EXIT } from "./failure.ts";
import type { FileFacts } from "../processing/storage/inspect.ts";
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
    output.result(snakeCase(facts), () => fileText(facts));
    return EXIT.done;
  },
});

/** The file's facts, then a line a column. */
function fileText({ columns, ...file }: FileFacts): string {
  const rows = Object.entries(columns).map(([name, { type, encodings, bytes, nulls, min, max }]) => [
    name,
    type,
    encodings,
    bytes.toLocaleString("en-US"),
    nulls === undefined ? "" : nulls.toLocaleString("en-US"),
    min ?? "",
    max ?? "",
  ]);
  const table = [["column", "type", "encodings", "bytes", "nulls", "min", "max"], ...rows];
  const widths = table[0]!.map((_, i) => Math.max(...table.map((row) => row[i]!.length)));
  const lines = table.map((row) =>
    row.map((cell, i) => i === 3 || i === 4 ? cell.padStart(widths[i]!) : cell.padEnd(widths[i]!)).join("  ")
  );
  return `${factsTable(file)}\n\n${lines.map((line) => line.trimEnd()).join("\n")}`;
}
