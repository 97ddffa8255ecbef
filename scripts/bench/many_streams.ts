import * as fs from "node:fs";
import process from "node:process";
import { fileURLToPath } from "node:url";
import type { Figure } from "../bench.ts";
import { runChild } from "./child.ts";
import { ProcessUse } from "./process_use.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));
const SYMBOLS = 3_000; // of three types: 9,000 streams
const RATE = 15_000;
const SETTLE_SECONDS = 75; // subscriptions, the joins of quiet paths, the compiler, and the first chunks of each stream
const STEADY_SECONDS = 240;
const DRAINED = 0;
const DEADLINE = 4;

interface Summary {
  readonly outcome: string;
  readonly events: Readonly<Record<string, number>>;
  readonly gaps: number;
}

/**
 * A whole exchange: what a recorder costs while it goes on, merges included, and what its drain costs. The venue sends from begin to end, so
 * what is measured is a span in its middle, and then from the signal to the end of the process.
 */
export async function manyStreams(folder: string): Promise<Figure[]> {
  const flags = [String(SYMBOLS), String(RATE), String(SETTLE_SECONDS + STEADY_SECONDS)];
  const venue = runChild([process.execPath, `${root}scripts/bench/fast_venue.ts`, ...flags], { cwd: folder });
  const { ws_url, http_url } = JSON.parse(await venue.first);
  const data = fs.mkdtempSync(`${folder}/data-`);
  const options = ["--source", "binance", "--data-path", data, "--listen", "off", "--json"];
  const recorder = runChild([process.execPath, `${root}src/main.ts`, "record", ...options], {
    cwd: folder,
    codes: [DRAINED, DEADLINE],
    env: { ARGUS_SOURCES__BINANCE__WS_URL: ws_url, ARGUS_SOURCES__BINANCE__REST_URL: http_url },
  });
  const use = new ProcessUse(recorder.pid);
  await seconds(SETTLE_SECONDS);
  const begun = use.span();
  await seconds(STEADY_SECONDS);
  const steady = begun.end();
  await seconds(3); // the venue's last frames
  const draining = use.span();
  const startedMs = performance.now();
  recorder.stop();
  const { lines, usage, code } = await recorder.ended;
  const drainSeconds = (performance.now() - startedMs) / 1_000;
  const drain = draining.endAt(usage.cpuUs);
  venue.stop();
  const sending = JSON.parse((await venue.ended).lines.at(-1)!) as { sent: number; snapshots: number };
  const summary = JSON.parse(lines.at(-1)!) as Summary;
  const rows = Object.values(summary.events).reduce((sum, each) => sum + each, 0);
  if (sending.sent === 0 || rows !== sending.sent + sending.snapshots || summary.gaps > 0) {
    throw new Error(`sent ${sending.sent} and ${sending.snapshots} snapshots, recorded ${rows}, gaps ${summary.gaps}`);
  }
  const of = (name: string) => `9,000 streams, 15,000 events/s: ${name}`;
  return [
    { what: of(`CPU of ${STEADY_SECONDS} s in the middle`), value: steady.cpuUs / STEADY_SECONDS / RATE, unit: "µs CPU/event" },
    { what: of("the same, of one core"), value: steady.cpuUs / STEADY_SECONDS / 1e4, unit: "%" },
    ...steady.threads.map(({ name, cpuUs }) => ({ what: of(`… ${name}`), value: cpuUs / STEADY_SECONDS / 1e4, unit: "%" })),
    { what: of("memory"), value: usage.rssBytes / 1e6, unit: "MB RSS at most" },
    { what: of("written, journal included"), value: steady.writtenBytes / STEADY_SECONDS / RATE, unit: "B/event" },
    { what: of("day files after the drain"), value: bytesIn(`${data}/binance`) / rows, unit: "B/event" },
    { what: of("drain"), value: drainSeconds, unit: "s wall" },
    { what: of("drain"), value: drain / 1e6, unit: "s CPU" },
    { what: of("drained in time"), value: Number(code === DRAINED), unit: "(1 = yes)" },
  ];
}

function seconds(count: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, count * 1_000));
}

function bytesIn(folder: string): number {
  const files = fs.readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return files.reduce((sum, { parentPath, name }) => sum + fs.statSync(`${parentPath}/${name}`).size, 0);
}
