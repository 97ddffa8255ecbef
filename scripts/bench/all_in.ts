import type { Figure } from "../bench.ts";
import { type Load, recordLoad } from "./recorded_load.ts";

const START_SECONDS = 15; // universe, subscriptions, and the joins of quiet paths
const END_SECONDS = 3;

const LOADS: Readonly<Record<string, Load>> = {
  flood: { what: "flood, 150,000 events/s over 300 streams", symbols: 100, rate: 150_000, seconds: 20, isSpread: false },
  "20k": { what: "20,000 events/s over 300 streams, a packet each", symbols: 100, rate: 20_000, seconds: 65, isSpread: true },
  "2k": { what: "2,000 events/s over 300 streams, a packet each", symbols: 100, rate: 2_000, seconds: 65, isSpread: true },
};

/**
 * A recorder against a venue, each its own process: what a recorded event costs, from the socket to the day file, with the default flush
 * interval of one minute, start and drain included. What was sent must have been recorded. One part a load.
 */
export const ALL_IN = Object.fromEntries(
  Object.entries(LOADS).map(([name, load]) => [`all-in-${name}`, (folder: string) => recorded(load, folder)]),
);

async function recorded(load: Load, folder: string): Promise<Figure[]> {
  const { what, seconds } = load;
  const run = await recordLoad(load, folder, ["--duration", `${START_SECONDS + seconds + END_SECONDS}s`]);
  const { usage, sending, summary, rows } = await run.ended();
  const of = (name: string) => `all-in, ${what}: ${name}`;
  return [
    { what: of("sent"), value: sending.sent / sending.seconds, unit: "events/s" },
    { what: of("CPU"), value: usage.cpuUs / rows, unit: "µs CPU/event" },
    { what: of("of one core"), value: usage.cpuUs / sending.seconds / 1e4, unit: "%" },
    { what: of("memory"), value: usage.rssBytes / 1e6, unit: "MB RSS at most" },
    { what: of("drained in time"), value: Number(summary.outcome === "drained"), unit: "(1 = yes)" },
    { what: of("frames the scanner declined"), value: summary.scans_declined, unit: "" },
    { what: of("the venue's own CPU"), value: sending.cpuUs / sending.sent, unit: "µs CPU/event" },
  ];
}
