import * as fs from "node:fs";
import { fileURLToPath } from "node:url";
import type { Figure } from "../bench.ts";
import { runChild } from "./child.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));
const START_SECONDS = 15; // universe, subscriptions, and the joins of quiet paths
const END_SECONDS = 3;
const DEADLINE = 4; // the drain's

interface Load {
  readonly what: string;
  readonly symbols: number;
  readonly rate: number;
  readonly seconds: number;
  /** Each frame in a packet of its own, at its own time. */
  readonly isSpread: boolean;
}

const LOADS: Readonly<Record<string, Load>> = {
  flood: { what: "flood, 150,000 events/s over 300 streams", symbols: 100, rate: 150_000, seconds: 20, isSpread: false },
  "20k": { what: "20,000 events/s over 300 streams, a packet each", symbols: 100, rate: 20_000, seconds: 65, isSpread: true },
  "2k": { what: "2,000 events/s over 300 streams, a packet each", symbols: 100, rate: 2_000, seconds: 65, isSpread: true },
};

interface Summary {
  readonly outcome: string;
  readonly events: Readonly<Record<string, number>>;
  readonly gaps: number;
  readonly scans_declined: number;
}

/**
 * A recorder against a venue, each its own process: what a recorded event costs, from the socket to the day file, with the default flush
 * interval of one minute, start and drain included. What was sent must have been recorded. One part a load.
 */
export const ALL_IN = Object.fromEntries(
  Object.entries(LOADS).map(([name, load]) => [`all-in-${name}`, (folder: string) => recorded(load, folder)]),
);

async function recorded({ what, symbols, rate, seconds, isSpread }: Load, folder: string): Promise<Figure[]> {
  const flags = [String(symbols), String(rate), String(seconds), ...(isSpread ? ["spread"] : [])];
  const venue = runChild([process.execPath, `${root}scripts/bench/fast_venue.ts`, ...flags], { cwd: folder });
  const { ws_url, http_url } = JSON.parse(await venue.first);
  const data = fs.mkdtempSync(`${folder}/data-`);
  const duration = `${START_SECONDS + seconds + END_SECONDS}s`;
  const options = ["--source", "binance", "--data-path", data, "--listen", "off", "--json", "--duration", duration];
  const recorder = runChild([process.execPath, `${root}src/main.ts`, "record", ...options], {
    cwd: folder,
    codes: [0, DEADLINE], // a slow disk has not taken everything by then
    env: { ARGUS_SOURCES__BINANCE__WS_URL: ws_url, ARGUS_SOURCES__BINANCE__REST_URL: http_url },
  });
  const { lines, usage } = await recorder.ended;
  venue.stop();
  const sending = JSON.parse((await venue.ended).lines.at(-1)!) as { sent: number; snapshots: number; seconds: number; cpuUs: number };
  const summary = JSON.parse(lines.at(-1)!) as Summary;
  const rows = Object.values(summary.events).reduce((sum, each) => sum + each, 0);
  if (sending.sent === 0 || rows !== sending.sent + sending.snapshots || summary.gaps > 0) {
    throw new Error(`${what}: sent ${sending.sent} and ${sending.snapshots} snapshots, recorded ${rows}, gaps ${summary.gaps}`);
  }
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
