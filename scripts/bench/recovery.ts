import * as fs from "node:fs";
import process from "node:process";
import { fileURLToPath } from "node:url";
import type { Figure } from "../bench.ts";
import { runChild } from "./child.ts";
import { ProcessUse } from "./process_use.ts";
import { recordLoad } from "./recorded_load.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));
const LOAD = { what: "recovery", symbols: 100, rate: 150_000, seconds: 40, isSpread: false };
const KILLED_AFTER_MS = 30_000;
const RECOVERED = /its journal is recovered segments=\d+ rows=(\d+)/;
const NO_VENUE = { ARGUS_SOURCES__BINANCE__WS_URL: "ws://127.0.0.1:1", ARGUS_SOURCES__BINANCE__REST_URL: "http://127.0.0.1:1" };
const RUNTIMES = { Bun: [process.execPath], Deno: [`${root}node_modules/.bin/deno`, "run", "-A"] };

/** A recorder is killed at flood; the next one reads its journal, from its own start to the line that tells of it. */
export async function recovery(folder: string): Promise<Figure[]> {
  const killed = await recordLoad(LOAD, folder, ["--flush-interval", "10m"]);
  await new Promise((resolve) => setTimeout(resolve, KILLED_AFTER_MS));
  await killed.kill();
  const inJournal = await journalRows(killed.data);
  const figures: Figure[] = [{ what: "recovery: rows in the journal", value: inJournal, unit: "" }];
  for (const [name, command] of Object.entries(RUNTIMES)) {
    const { rows, wallMs, cpuUs } = await recovered(command, killed.data, `${folder}/${name}`);
    const of = (what: string) => `recovery, ${name}: ${what}`;
    figures.push(
      { what: of("rows that were nowhere else"), value: rows, unit: "" },
      { what: of("from the start of the process"), value: wallMs / 1_000, unit: "s wall" },
      { what: of("the same"), value: cpuUs / 1e6, unit: "s CPU" },
      { what: of("the journal"), value: inJournal / (wallMs / 1_000), unit: "rows/s" },
    );
  }
  return figures;
}

async function journalRows(data: string): Promise<number> {
  const check = runChild([process.execPath, `${root}src/main.ts`, "journal", "check", "--data-path", data, "--json"], { cwd: data });
  const { lines } = await check.ended;
  const { segments } = JSON.parse(lines.at(-1)!) as { readonly segments: readonly { readonly rows: number }[] };
  return segments.reduce((sum, { rows }) => sum + rows, 0);
}

/** On a copy, with no venue to go on with. */
async function recovered(command: readonly string[], data: string, copy: string) {
  fs.cpSync(data, copy, { recursive: true });
  const args = ["record", "--source", "binance", "--data-path", copy, "--listen", "off", "--json"];
  const startedMs = performance.now();
  const recorder = runChild([...command, `${root}src/main.ts`, ...args], { cwd: copy, env: NO_VENUE });
  const rows = Number(RECOVERED.exec(await recorder.told(RECOVERED))![1]);
  const wallMs = performance.now() - startedMs;
  const cpuUs = new ProcessUse(recorder.pid).cpuUs;
  await recorder.kill();
  fs.rmSync(copy, { recursive: true });
  return { rows, wallMs, cpuUs };
}
