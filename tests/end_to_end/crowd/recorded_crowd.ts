import assert from "node:assert/strict";
import * as fs from "node:fs";
import { liveAddress } from "../../../src/processing/storage/lock.ts";
import { loadRuntime } from "../../../src/runtime/load.ts";
import { type Running, startArgus, startProgram } from "../../support/argus_process.ts";
import { shareOf } from "../../support/share_of.ts";
import { startVenue, type Summary, summaryOf, type VenueProcess } from "../support.ts";
import type { CrowdOptions, CrowdResult } from "./crowd.ts";
import type { ReadersPhase } from "./readers.ts";

export interface CrowdSize {
  readonly symbols: number;
  readonly rate: number;
  /** WebSockets, and as many clients of server-sent events. */
  readonly each: number;
  readonly seconds: number;
  readonly seed: number;
  /** At the end, nothing is under way any more after so long. */
  readonly quietMs: number;
  readonly phases: readonly PhaseSize[];
  /** They stay, and all ask for this. */
  readonly pattern?: string;
}

/** A part of the time. */
export interface PhaseSize {
  /** Clients that never read. */
  readonly stalled: number;
  /** Clients that do nothing else, besides one that is always there. */
  readonly readers: number;
}

/** What the recorder used in it, and what the readers noticed. */
export interface RecorderPhase extends PhaseSize, ReadersPhase {
  readonly rssBytes: number;
  /** Of the machine's connections, at most; 0 where it is not told. */
  readonly kernelBytes: number;
  /** Both together, half of the time: what is collected next is in neither's most. */
  readonly usualBytes: number;
  readonly cpuPercent: number;
  /** Now less the moment up to which everything survives: how far the journal is behind. */
  readonly journalLagMs: { readonly p50: number; readonly p99: number };
}

const runtime = await loadRuntime(import.meta.url);
const LOOK_MS = 100;

/** A venue, a recorder and a crowd of clients, each a process; all of them to their end. */
export async function recordBefore(folder: string, size: CrowdSize): Promise<{
  readonly crowd: CrowdResult & { readonly toldFile: string };
  readonly recorder: { readonly phases: readonly RecorderPhase[]; readonly summary: Summary };
  readonly venue: VenueProcess;
}> {
  const venue = await startVenue(folder, ["--symbols", String(size.symbols), "--rate", String(size.rate), "--seed", String(size.seed)]);
  const running = [venue.process];
  try {
    const recorder = startArgus(
      ["record", "--source", "binance", "--data-path", "data", "--json", "--listen", "127.0.0.1:0", "--flush-interval", "10s"],
      { cwd: folder, env: { ...venue.env, ARGUS_SOURCES__BINANCE__WORKER_MAX_AGE: "20s" } },
    );
    running.push(recorder);
    const url = await readyUrl(folder, 3 * size.symbols);
    const { each, seed, pattern } = size;
    const toldFile = `${folder}/told.ndjson`;
    const asked = { url, webSockets: each, serverSentEvents: each, quietMs: size.quietMs, seed, toldFile };
    const options: CrowdOptions = pattern === undefined ? asked : { ...asked, pattern };
    const crowd = startProgram("tests/end_to_end/crowd/crowd.ts", [JSON.stringify(options)], folder);
    const readers = startProgram("tests/end_to_end/crowd/readers.ts", [url], folder);
    running.push(crowd, readers);
    const used: Awaited<ReturnType<typeof watched>>[] = [];
    for (const phase of size.phases) {
      crowd.tell(`phase ${phase.stalled}`);
      readers.tell(`phase ${phase.readers}`);
      used.push(await watched(recorder, url, 1_000 * size.seconds / size.phases.length));
    }
    readers.tell("end");
    const noticed = JSON.parse((await readers.ended).out) as ReadersPhase[];
    const phases = size.phases.map((phase, i): RecorderPhase => ({ ...phase, ...used[i]!, ...noticed[i]! }));
    await fetch(`${venue.httpUrl}/sim/quiesce`, { method: "POST" }).then((answer) => answer.arrayBuffer());
    await new Promise((resolve) => setTimeout(resolve, size.quietMs));
    crowd.tell("end");
    const { code, out, err } = await crowd.ended;
    assert.equal(code, 0, err);
    recorder.signal("SIGTERM");
    const ended = await recorder.ended;
    assert.equal(ended.code, 0, ended.err);
    await venue.stop();
    return { crowd: { ...JSON.parse(out) as CrowdResult, toldFile }, recorder: { phases, summary: summaryOf(ended.out) }, venue };
  } catch (error) {
    for (const each of running) {
      try {
        each.signal("SIGKILL");
      } catch {
        // It has ended.
      }
    }
    throw error;
  }
}

/** Every stream is carried, and says something. */
async function readyUrl(folder: string, paths: number): Promise<string> {
  const untilMs = performance.now() + 30_000;
  for (;;) {
    const url = liveAddress(runtime, `${folder}/data`);
    if (url !== undefined) {
      const states = (await (await fetch(`${url}/v1/paths?prefix=binance/`)).json() as { paths: { events: number }[] }).paths;
      if (states.filter(({ events }) => events > 0).length >= paths) return url;
    }
    assert.ok(performance.now() < untilMs, "the recorder is not live");
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

async function watched(recorder: Running, url: string, ms: number): Promise<Omit<RecorderPhase, keyof PhaseSize | keyof ReadersPhase>> {
  const lags: number[] = [];
  const memory: number[] = [];
  let [rssBytes, kernelBytes] = [0, 0];
  const fromMs = performance.now();
  const cpuFrom = (await metrics(url))("argus_cpu_seconds_total");
  let cpuTo = cpuFrom;
  while (performance.now() < fromMs + ms) {
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    const value = await metrics(url);
    const lagMs = Date.now() - 1_000 * value("argus_committed_seconds"); // not there before the first commit
    if (lagMs > 0) lags.push(lagMs);
    const [ofProcess, ofKernel] = [rssOf(recorder.pid), kernelBytesOfTcp()];
    memory.push(ofProcess + ofKernel);
    rssBytes = Math.max(rssBytes, ofProcess);
    kernelBytes = Math.max(kernelBytes, ofKernel);
    cpuTo = value("argus_cpu_seconds_total");
  }
  lags.sort((a, b) => a - b);
  const at = (share: number) => Math.round(shareOf(lags, share)!);
  const cpuPercent = Math.round(1e5 * (cpuTo - cpuFrom) / (performance.now() - fromMs));
  const usualBytes = shareOf(memory.sort((a, b) => a - b), 0.5)!;
  return { rssBytes, kernelBytes, usualBytes, cpuPercent, journalLagMs: { p50: at(0.5), p99: at(0.99) } };
}

async function metrics(url: string): Promise<(name: string) => number> {
  const text = await (await fetch(`${url}/metrics`)).text();
  return (name) => Number(new RegExp(`^${name} (\\S+)$`, "m").exec(text)?.[1]);
}

function rssOf(pid: number): number {
  return Number(/VmRSS:\s+(\d+) kB/.exec(fs.readFileSync(`/proc/${pid}/status`, "utf8"))![1]) * 1_024;
}

function kernelBytesOfTcp(): number {
  return Number(/^TCP: .* mem (\d+)/m.exec(fs.readFileSync("/proc/net/sockstat", "utf8"))![1]) * 4_096;
}
