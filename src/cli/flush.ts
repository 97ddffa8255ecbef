import type { FlushSummary } from "../app/flush.ts";
import { Telemetry } from "../telemetry/telemetry.ts";
import { command, COMMON_ARGS } from "./command.ts";
import { EXIT } from "./failure.ts";
import { factsText, snakeCase } from "./facts.ts";
import { progressTo, untilStopped } from "./long_work.ts";
import { DATA_ARGS, dataFolder } from "./stored.ts";

export const flush = command({
  summary: "Merge what a stopped recorder left under tmp/ into the day files. The next start of a recorder does it too.",
  args: { ...DATA_ARGS, ...COMMON_ARGS },
  examples: ["argus flush --data-path ./data"],
  async run({ runtime, output, args, version }) {
    const dataPath = dataFolder(runtime, args, "flush");
    const app = await import("../app/flush.ts");
    const telemetry = new Telemetry(runtime.clock, output.log);
    const summary = await untilStopped(
      runtime,
      output,
      (signal) => app.flushPending(runtime, { dataPath, version, signal }, telemetry, progressTo(runtime, output)),
    );
    output.result(snakeCase(summary), () => summaryText(summary));
    return summary.failed.length > 0 ? EXIT.storage : summary.aside.length > 0 ? EXIT.unexpected : EXIT.done;
  },
});

function summaryText({ aside, failed, journalSegments, ...counts }: FlushSummary): string {
  return [
    factsText({ ...counts, aside: aside.length, failed: failed.length }),
    ...(journalSegments === 0
      ? []
      : [`the journal holds ${journalSegments} segments of a recorder that was killed: its next start merges them`]),
    ...aside.map((file) => `put aside, it cannot be read: ${file}`),
    ...failed,
  ].join("\n");
}
