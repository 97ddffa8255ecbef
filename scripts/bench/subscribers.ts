import { recordBefore } from "../../tests/end_to_end/crowd/recorded_crowd.ts";
import type { Figure } from "../bench.ts";

const SIZE = { symbols: 50, rate: 2_000, each: 5, seed: 3, quietMs: 1_000, pattern: "binance/*/*" };
const SECONDS = 8; // of a part of the time
const FEW = { stalled: 0, readers: 1 };
const PHASES = [
  FEW, // a recorder's first seconds are its own: they are not told
  FEW,
  { stalled: 20, readers: 1 },
  { stalled: 0, readers: 21 },
  { stalled: 100, readers: 1 },
  { stalled: 0, readers: 101 },
];

/**
 * What clients of `/v1/stream` who never read cost those who do, against as many more who read. Two who only read notice; eleven more check
 * what they are told. Recorder, venue, checking and reading are a process each.
 */
export async function subscribers(folder: string): Promise<Figure[]> {
  const { crowd, recorder } = await recordBefore(folder, { ...SIZE, phases: PHASES, seconds: SECONDS * PHASES.length });
  if (crowd.problems.length > 0) throw new Error(crowd.problems.join("\n"));
  const phases = recorder.phases.map((phase, i) => ({ ...phase, ...crowd.phases[i]! })).slice(1);
  const figures: Figure[] = [];
  const note = (what: string, value: number, unit: string) => figures.push({ what: `subscribers, ${what}`, value, unit });
  const rate = ({ messages, readersMessages, seconds }: typeof phases[number]) => (messages + readersMessages) / seconds;
  const [few, many] = [phases[0]!, phases.at(-1)!];
  note("a message", 1e4 * (many.cpuPercent - few.cpuPercent) / (rate(many) - rate(few)), "µs CPU");
  for (const phase of phases) {
    const of = (name: string) => `${phase.readers - 1} more who read, ${phase.stalled} who never do: ${name}`;
    note(of("messages"), rate(phase), "a second");
    note(of("delay, half of them within"), phase.delayMs.p50, "ms wall");
    note(of("delay, 99 % of them within"), phase.delayMs.p99, "ms wall");
    note(of("the recorder"), phase.cpuPercent, "% of a core");
    note(of("memory"), phase.rssBytes / 1e6, "MB RSS at most");
    note(of("the kernel's, of all connections"), phase.kernelBytes / 1e6, "MB at most");
    note(of("journal behind the sockets, half of the time within"), phase.journalLagMs.p50, "ms wall");
  }
  return figures;
}
