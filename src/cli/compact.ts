import type { Compacted, CompactSummary } from "../app/compact.ts";
import { command, COMMON_ARGS } from "./command.ts";
import { EXIT } from "./failure.ts";
import { factsText, snakeCase } from "./facts.ts";
import { progressTo, untilStopped } from "./long_work.ts";
import { dataFolder, STORED_ARGS, storedSelection, utcDay } from "./stored.ts";

export const compact = command({
  summary: "Roll day files of a stopped recorder: the same rows in few groups, packed harder. A running one rolls its days itself.",
  args: {
    days: { type: "positional", required: false, valueHint: "2026-11-23 …", description: "UTC days; without, every day that is over" },
    ...STORED_ARGS,
    ...COMMON_ARGS,
  },
  examples: ["argus compact --data-path ./data", "argus compact 2026-11-22 2026-11-23 --types depth"],
  async run({ runtime, output, args, version }) {
    const dataPath = dataFolder(runtime, args, "compact");
    const dates = args._.map((day) => utcDay("DAYS", day));
    const app = await import("../app/compact.ts");
    const notable: Compacted[] = [];
    let [files, isRefused] = [0, false];
    const progress = progressTo(runtime, output);
    const summary = await untilStopped(runtime, output, (signal) =>
      app.compactDays(runtime, {
        dataPath,
        version,
        dates,
        ...storedSelection(args),
        signal,
      }, (file) => {
        if (output.isJson) output.result(snakeCase(file), () => "");
        if (file.what !== "rolled" && file.what !== "already") notable.push(file);
        isRefused ||= file.what === "failed";
        progress({ files: ++files });
      }));
    output.result(snakeCase(summary), () => summaryText(summary, notable));
    return isRefused ? EXIT.storage : summary.left > 0 ? EXIT.unexpected : EXIT.done;
  },
});

function summaryText(summary: CompactSummary, notable: readonly Compacted[]): string {
  const lines = notable.map((file) => `${file.path} ${file.date}: ${file.what}${"why" in file ? `, ${file.why}` : ""}`);
  const hint = summary.waiting > 0 ? ["rows wait under tmp/: run argus flush first"] : [];
  return [factsText(summary), ...lines, ...hint].join("\n");
}
