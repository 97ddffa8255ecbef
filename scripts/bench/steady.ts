import * as fs from "node:fs";
import type { Figure } from "../bench.ts";
import { ProcessUse } from "./process_use.ts";
import { type Load, recordLoad } from "./recorded_load.ts";

interface SteadyLoad extends Omit<Load, "seconds" | "isSpread"> {
  /** Subscriptions, the joins of quiet paths, the compiler, and the first chunks of each stream. */
  readonly settleSeconds: number;
  readonly steadySeconds: number;
  readonly isSpread?: boolean;
}

const LOADS: Readonly<Record<string, SteadyLoad>> = {
  "steady-flood": { what: "150,000 events/s over 300 streams", symbols: 100, rate: 150_000, settleSeconds: 25, steadySeconds: 40 },
  "steady-20k": {
    what: "20,000 events/s over 300 streams, a packet each",
    symbols: 100,
    rate: 20_000,
    settleSeconds: 25,
    steadySeconds: 60,
    isSpread: true,
  },
  "many-streams": { what: "15,000 events/s over 9,000 streams", symbols: 3_000, rate: 15_000, settleSeconds: 75, steadySeconds: 240 },
};

/**
 * What a recorder costs while it goes on, merges included, and what its drain costs. The venue sends from begin to end, so what is measured is
 * a span in its middle, and then from the signal to the end of the process. One part a load.
 */
export const STEADY = Object.fromEntries(
  Object.entries(LOADS).map(([name, load]) => [name, (folder: string) => steadily(load, folder)]),
);

async function steadily(load: SteadyLoad, folder: string): Promise<Figure[]> {
  const { what, rate, settleSeconds, steadySeconds, isSpread = false } = load;
  const run = await recordLoad({ ...load, seconds: settleSeconds + steadySeconds, isSpread }, folder);
  const { data, recorder } = run;
  const use = new ProcessUse(recorder.pid);
  await seconds(settleSeconds);
  const begun = use.span();
  await seconds(steadySeconds);
  const steady = begun.end();
  await seconds(20); // the venue began with the first subscription, and has to come to its end, or its last frames are for nobody
  const draining = use.span();
  const startedMs = performance.now();
  recorder.stop();
  await recorder.ended;
  const drainSeconds = (performance.now() - startedMs) / 1_000;
  const { usage, summary, rows } = await run.ended();
  const drain = draining.endAt(usage.cpuUs);
  const of = (name: string) => `${what}: ${name}`;
  return [
    { what: of(`CPU of ${steadySeconds} s in the middle`), value: steady.cpuUs / steadySeconds / rate, unit: "µs CPU/event" },
    { what: of("the same, of one core"), value: steady.cpuUs / steadySeconds / 1e4, unit: "%" },
    ...steady.threads.map(({ name, cpuUs }) => ({ what: of(`… ${name}`), value: cpuUs / steadySeconds / 1e4, unit: "%" })),
    { what: of("memory"), value: usage.rssBytes / 1e6, unit: "MB RSS at most" },
    { what: of("written, journal included"), value: steady.writtenBytes / steadySeconds / rate, unit: "B/event" },
    { what: of("day files after the drain"), value: bytesIn(`${data}/binance`) / rows, unit: "B/event" },
    { what: of("drain"), value: drainSeconds, unit: "s wall" },
    { what: of("drain"), value: drain / 1e6, unit: "s CPU" },
    { what: of("drained in time"), value: Number(summary.outcome === "drained"), unit: "(1 = yes)" },
  ];
}

function seconds(count: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, count * 1_000));
}

function bytesIn(folder: string): number {
  const files = fs.readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return files.reduce((sum, { parentPath, name }) => sum + fs.statSync(`${parentPath}/${name}`).size, 0);
}
