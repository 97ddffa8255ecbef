import { loadConfig } from "../app/config.ts";
import { ConfigError } from "../lib/errors.ts";
import { isoOf } from "../lib/time.ts";
import { type Format, FORMATS } from "../processing/pts/formats.ts";
import type { Runtime } from "../runtime/runtime.ts";
import { command, COMMON_ARGS, CONFIG_ARGS } from "./command.ts";
import { configFlags } from "./config_flags.ts";
import { barTo } from "./long_work.ts";
import { EXIT } from "./failure.ts";
import type { Output } from "./output.ts";
import { countFlag, onePath, timeFlag } from "./point_in_time_flags.ts";

export const events = command({
  summary: "A time range of a path as NDJSON, CSV or Parquet, from files and from a recorder that runs.",
  args: {
    path: { type: "positional", description: "{source}/{data_type}/{symbol}" },
    from: { type: "string", valueHint: "2026-11-20T13:00Z", description: "First receive time; the beginning where it is not said" },
    to: { type: "string", valueHint: "2026-11-20T14:00Z", description: "To before this one; now where it is not said" },
    limit: { type: "string", valueHint: "N", description: "So many at most" },
    format: { type: "enum", options: [...FORMATS], default: "ndjson", description: "Of what is written" },
    out: { type: "string", valueHint: "FILE", description: "Into a new file; parquet needs one" },
    "data-path": CONFIG_ARGS["data-path"],
    config: CONFIG_ARGS.config,
    ...COMMON_ARGS,
  },
  examples: [
    "argus events binance/trade/BTCUSDT --from 2026-11-20T13:00Z --to 2026-11-20T14:00Z",
    "argus events binance/bbo/BTCUSDT --from 2026-11-20 --format parquet --out btc.pq",
  ],
  async run({ runtime, output, args }) {
    const { config } = loadConfig(runtime, configFlags(args));
    const format = args.format as Format;
    if (format === "parquet" && args.out === undefined) throw new ConfigError("--out", "--format parquet: say --out FILE; it is no text.");
    if (args.out !== undefined && runtime.disk.exists(args.out)) {
      throw new ConfigError("--out", `--out: ${args.out} exists; nothing is overwritten.`);
    }
    const asked = {
      path: onePath("events", args._),
      from: timeFlag("--from", args.from) ?? 0,
      to: timeFlag("--to", args.to) ?? runtime.clock.wallTime() + 1,
      limit: countFlag("--limit", args.limit) ?? Number.MAX_SAFE_INTEGER,
      format,
    };
    const { askEvents } = await import("../app/ask_history.ts");
    const target = targetOf(runtime, output, args.out);
    const isOnScreen = args.out === undefined && output.isTerminal; // rows that run over the screen say themselves how far it is
    const bar = isOnScreen ? () => {} : barTo(runtime, output);
    try {
      const lacks = await askEvents(runtime, config, asked, target.write, ({ share, rows, time }) => bar(share, { rows, at: isoOf(time) }));
      const { complete, gaps } = JSON.parse(lacks) as { complete: boolean; gaps: unknown[] };
      if (!complete) {
        output.note(
          output.isJson ? JSON.stringify({ complete, gaps }) : `argus: NOT complete, ${gaps.length} gaps: ${JSON.stringify(gaps[0])}`,
        );
      }
    } finally {
      output.status("");
      target.close();
    }
    return EXIT.done;
  },
});

/** Standard output as fast as its reader, or a file. */
function targetOf({ disk }: Runtime, output: Output, path: string | undefined) {
  const decoder = new TextDecoder();
  if (path === undefined) return { write: (bytes: Uint8Array) => output.piece(decoder.decode(bytes, { stream: true })), close() {} };
  const file = disk.open(path, "create");
  return {
    write: (bytes: Uint8Array) => {
      if (bytes.length > 0) file.append(bytes);
      return Promise.resolve(true);
    },
    close: () => {
      file.sync();
      file.close();
    },
  };
}
