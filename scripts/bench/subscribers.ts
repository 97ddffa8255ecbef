import * as fs from "node:fs";
import { type PhaseSize, recordBefore } from "../../tests/end_to_end/crowd/recorded_crowd.ts";
import type { Figure } from "../bench.ts";

const SIZE = { symbols: 50, rate: 2_000, seed: 3, quietMs: 1_000, pattern: "binance/*/*" };
const SECONDS = 8; // of a part of the time
const ALONE = { stalled: 0, readers: 1 };
const CROWDED = [ALONE, { stalled: 20, readers: 1 }, { stalled: 0, readers: 21 }, { stalled: 100, readers: 1 }, {
  stalled: 0,
  readers: 101,
}];

/**
 * What clients of `/v1/stream` cost a recorder: eleven that are told everything and check it against one, and what two who only read notice
 * when others never do, against as many others who read. Recorder, venue, checking, and only reading are a process each.
 */
export async function subscribers(folder: string): Promise<Figure[]> {
  const [alone, crowded] = [
    await measured(folder, 0, [ALONE]),
    await measured(folder, 5, CROWDED),
  ];
  const figures: Figure[] = [];
  const note = (what: string, value: number, unit: string) => figures.push({ what: `subscribers, ${what}`, value, unit });
  const rate = (each: typeof alone[number]) => each.messages / each.seconds;
  const [base, first] = [alone[0]!, crowded[0]!];
  note("a message", 1e4 * (first.cpuPercent - base.cpuPercent) / (rate(first) - rate(base)), "µs CPU");
  note("journal behind the sockets, one client: half of the time within", base.journalLagMs.p50, "ms wall");
  for (const each of crowded) {
    const of = (name: string) => `${each.readers - 1} more who read, ${each.stalled} who never do: ${name}`;
    note(of("messages to the 11"), rate(each), "a second");
    note(of("delay, half of them within"), each.delayMs.p50, "ms wall");
    note(of("delay, 99 % of them within"), each.delayMs.p99, "ms wall");
    note(of("the recorder"), each.cpuPercent, "% of a core");
    note(of("memory"), each.rssBytes / 1e6, "MB RSS at most");
    note(of("the kernel's, of all connections"), each.kernelBytes / 1e6, "MB at most");
    note(of("journal behind the sockets, half of the time within"), each.journalLagMs.p50, "ms wall");
  }
  return figures;
}

async function measured(folder: string, each: number, phases: readonly PhaseSize[]) {
  const own = fs.mkdtempSync(`${folder}/subscribers-`);
  const { crowd, recorder } = await recordBefore(own, { ...SIZE, each, phases, seconds: SECONDS * phases.length });
  if (crowd.problems.length > 0) throw new Error(crowd.problems.join("\n"));
  return recorder.phases.map((phase, i) => ({ ...phase, ...crowd.phases[i]! }));
}
