import type { CleanSummary, StaleFile } from "../app/clean.ts";
import { command, COMMON_ARGS } from "./command.ts";
import { EXIT } from "./failure.ts";
import { factsText, snakeCase, textTable } from "./facts.ts";
import { untilStopped } from "./long_work.ts";
import { DATA_ARGS, dataFolder } from "./stored.ts";

const FILES_SHOWN_MAX = 40; // a screenful; --json has them all

export const clean = command({
  summary: "Stale temp files of a stopped recorder: list them, or delete them with --yes. What it does not understand it leaves.",
  args: {
    yes: { type: "boolean", description: "Delete them" },
    ...DATA_ARGS,
    ...COMMON_ARGS,
  },
  examples: ["argus clean --data-path ./data", "argus clean --yes"],
  async run({ runtime, output, args, version }) {
    const dataPath = dataFolder(runtime, args, "clean");
    const app = await import("../app/clean.ts");
    const shown: StaleFile[] = [];
    const summary = await untilStopped(
      runtime,
      output,
      (signal) =>
        app.cleanUp(runtime, { dataPath, version, isDeleting: args.yes === true, signal }, (file) => {
          if (output.isJson) output.result(snakeCase(file), () => "");
          else if (shown.length < FILES_SHOWN_MAX) shown.push(file);
        }),
    );
    output.result(snakeCase(summary), () => summaryText(summary, shown));
    return EXIT.done;
  },
});

function summaryText(summary: CleanSummary, shown: readonly StaleFile[]): string {
  const table = shown.length === 0 ? [] : [textTable(["what", "bytes", "file"], shown.map(({ kind, bytes, file }) => [kind, bytes, file]))];
  const more = summary.stale > shown.length ? [`… and ${summary.stale - shown.length} more; --json has them all`] : [];
  const hints = [
    ...(summary.stale > summary.deleted ? ["argus clean --yes deletes them"] : []),
    ...(summary.waiting > 0 ? ["rows wait under tmp/ and are none of it: argus flush merges them"] : []),
  ];
  return [...table, ...more, factsText(summary), ...hints].join("\n");
}
