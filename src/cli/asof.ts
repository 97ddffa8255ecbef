import { loadConfig } from "../app/config.ts";
import { command, COMMON_ARGS, CONFIG_ARGS } from "./command.ts";
import { configFlags } from "./config_flags.ts";
import { EXIT } from "./failure.ts";
import { factsTable, textTable } from "./facts.ts";
import { countFlag, onePath, timeFlag } from "./point_in_time_flags.ts";

const LEVELS = 10; // of each side, for people; half a screen

interface Answer {
  readonly path: string;
  readonly at: string;
  readonly event: Readonly<Record<string, unknown>> | null;
  readonly complete: boolean;
  readonly gap: Readonly<Record<string, unknown>> | null;
}

type Levels = readonly { readonly price: number; readonly size: number }[];

export const asof = command({
  summary: "The value at a path as of a moment, from files and from a recorder that runs; for depth the rebuilt book.",
  args: {
    path: { type: "positional", description: "{source}/{data_type}/{symbol}" },
    at: { type: "string", valueHint: "2026-11-20T13:00:01.2Z", description: "ISO 8601 or µs since the epoch; now where it is not said" },
    levels: { type: "string", valueHint: "N", description: `Levels of each side of a book; ${LEVELS}, with --json all` },
    "data-path": CONFIG_ARGS["data-path"],
    config: CONFIG_ARGS.config,
    ...COMMON_ARGS,
  },
  examples: ["argus asof binance/bbo/BTCUSDT --at 2026-11-20T13:00:01.2Z", "argus asof binance/depth/BTCUSDT --levels 5"],
  async run({ runtime, output, args }) {
    const { config } = loadConfig(runtime, configFlags(args));
    const path = onePath("asof", args._);
    const at = timeFlag("--at", args.at) ?? runtime.clock.wallTime();
    const levels = countFlag("--levels", args.levels) ?? (output.isJson ? Number.MAX_SAFE_INTEGER : LEVELS);
    const { askAsOf } = await import("../app/ask_history.ts");
    const answer = JSON.parse(await askAsOf(runtime, config, { path, at, levels })) as Answer;
    output.result(answer, () => answerText(answer));
    return EXIT.done;
  },
});

function answerText({ path, at, event, complete, gap }: Answer): string {
  const verdict = complete ? "complete: nothing is missing from it" : `NOT complete: ${gapText(gap)}`;
  if (event === null) return `${path} as of ${at}: nothing was received by then\n${verdict}`;
  const { bids, asks, ...all } = event as { bids?: Levels; asks?: Levels };
  const rest = Object.fromEntries(Object.entries(all).filter(([, value]) => value !== null).map(([name, value]) => [name, String(value)])); // an id has no thousands
  const book = bids === undefined || asks === undefined ? "" : `\n\n${bookText(bids, asks)}`;
  return `${factsTable({ path, at, ...rest })}${book}\n\n${verdict}`;
}

function gapText(gap: Answer["gap"]): string {
  if (gap === null) return "";
  const { reason, outcome, from_time, to_time } = gap;
  return `${reason} from ${from_time ?? "?"} to ${to_time ?? "now"} (${outcome})`;
}

/** Asks above bids, the best in the middle. */
function bookText(bids: Levels, asks: Levels): string {
  const rows = [
    ...[...asks].reverse().map(({ price, size }) => [undefined, String(price), String(size)] as const),
    ...bids.map(({ price, size }) => [String(size), String(price), undefined] as const),
  ];
  return textTable(["bid size", "price", "ask size"], rows);
}
