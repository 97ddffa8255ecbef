import type { VerifySummary } from "../app/verify.ts";
import { ConfigError } from "../lib/errors.ts";
import type { Verdict } from "../processing/storage/verify.ts";
import { command, COMMON_ARGS } from "./command.ts";
import { EXIT } from "./failure.ts";
import { snakeCase, textTable } from "./facts.ts";
import { progressTo, untilStopped } from "./long_work.ts";
import { dataFolder, STORED_ARGS, storedSelection, utcDay } from "./stored.ts";

const STREAMS_SHOWN_MAX = 40; // a screenful; --json has them all

export const verify = command({
  summary: "Is what was recorded right, and is everything that is missing told? Reads every page; 1 where something does not hold.",
  args: {
    date: { type: "string", valueHint: "2026-11-23", description: "Only that UTC day" },
    ...STORED_ARGS,
    ...COMMON_ARGS,
  },
  examples: ["argus verify --data-path ./data", "argus verify --date 2026-11-23 --symbols 'BTC*' --json"],
  async run({ runtime, output, args }) {
    const dataPath = dataFolder(runtime, args, "verify");
    const date = args.date === undefined ? {} : { date: utcDay("--date", args.date) };
    const app = await import("../app/verify.ts");
    const notable: Verdict[] = [];
    let files = 0;
    const progress = progressTo(runtime, output);
    const summary = await untilStopped(runtime, output, (signal) =>
      app.verifyData(runtime, {
        dataPath,
        ...storedSelection(args),
        ...date,
        signal,
      }, (verdict) => {
        if (output.isJson) output.result(snakeCase(verdict), () => "");
        if (verdict.holes > 0 || verdict.problems.length > 0) notable.push(verdict);
        progress({ files: ++files });
      }));
    if (summary.files === 0) throw new ConfigError("--data-path", `Found no day file under ${dataPath} that was asked for.`);
    output.result(snakeCase(summary), () => summaryText(summary, notable));
    return summary.isGood ? EXIT.done : EXIT.unexpected;
  },
});

/** The days at a glance, then the streams that lack something, the worst first, then the verdict. */
function summaryText({ totals, files, rows, holesUntold, problems, isGood }: VerifySummary, notable: readonly Verdict[]): string {
  const days = textTable(
    ["date", "source", "type", "symbols", "rows", "fetched", "books", "holes", "untold", "ids missing", "complete", "wrong"],
    totals.map((each) => [
      each.date,
      each.source,
      each.type,
      each.symbols,
      each.rows,
      each.healed,
      each.snapshots,
      each.holes,
      each.holesUntold,
      each.idsMissing,
      each.type === "trade" ? percent(each.rows, each.rows + each.idsMissing) : undefined,
      each.problems,
    ]),
  );
  const worst = [...notable].sort((a, b) => b.problems.length - a.problems.length || b.holesUntold - a.holesUntold || b.holes - a.holes);
  const streams = worst.slice(0, STREAMS_SHOWN_MAX).map(({ date, type, symbol, holes, holesUntold, idsMissing, problems }) =>
    [date, type, symbol, holes, holesUntold, idsMissing, problems[0] ?? ""] as const
  );
  const more = worst.length > STREAMS_SHOWN_MAX ? `\n… and ${worst.length - STREAMS_SHOWN_MAX} more; --json has them all` : "";
  const list = streams.length === 0
    ? ""
    : `\n\n${textTable(["date", "type", "symbol", "holes", "untold", "ids missing", "what is wrong"], streams)}${more}`;
  const verdict = isGood
    ? `good: ${files.toLocaleString("en-US")} files, ${rows.toLocaleString("en-US")} rows; every hole is told`
    : `NOT good: ${problems.toLocaleString("en-US")} things wrong, ${holesUntold.toLocaleString("en-US")} holes that no gap row tells`;
  return `${days}${list}\n\n${verdict}`;
}

function percent(part: number, whole: number): string {
  return whole === 0 ? "" : `${(Math.floor(1e6 * part / whole) / 1e4).toFixed(4)} %`;
}
