import type { JournalFacts } from "../processing/journal/check.ts";
import { command, COMMON_ARGS } from "./command.ts";
import { snakeCase, textTable } from "./facts.ts";
import { EXIT } from "./failure.ts";
import { DATA_ARGS, dataFolder } from "./stored.ts";

export const journalCheck = command({
  summary: "What the write-ahead journal holds: segments, records, rows a stream; 1 where something in it cannot be read.",
  args: { ...DATA_ARGS, ...COMMON_ARGS },
  examples: ["argus journal check --data-path ./data", "argus journal check --json"],
  async run({ runtime, output, args }) {
    const dataPath = dataFolder(runtime, args, "check");
    const { checkJournal } = await import("../processing/journal/check.ts");
    const facts = checkJournal(runtime, dataPath);
    output.result(snakeCase(facts), () => journalText(facts));
    return facts.isGood ? EXIT.done : EXIT.unexpected;
  },
});

function journalText({ segments, streams, isGood }: JournalFacts): string {
  if (segments.length === 0) return "no journal: everything is in day files";
  const table = textTable(
    ["segment", "bytes", "records", "rows", "from", "to", "damaged"],
    segments.map(({ segment, bytes, records, rows, from, to, damages }) => [segment, bytes, records, rows, from, to, damages.length]),
  );
  const rows = textTable(["stream", "rows", "from", "to"], streams.map(({ path, rows, from, to }) => [path, rows, from, to]));
  const damages = segments.flatMap(({ segment, damages }) =>
    damages.map(({ at, bytes, isTorn }) =>
      `${segment} at ${at}: ${
        isTorn ? `${bytes} bytes at the end were cut short, as a crash leaves them` : `${bytes} bytes cannot be read`
      }`
    )
  );
  return [table, rows, ...damages.length === 0 ? [] : [damages.join("\n")], isGood ? "good" : "DAMAGED: the next start recovers the rest"]
    .join("\n\n");
}
