import * as fs from "node:fs";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { runChild } from "./child.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));
const DRAINED = 0;
const DEADLINE = 4; // the drain's: a slow disk has not taken everything by then

export interface Load {
  readonly what: string;
  /** Of three types each. */
  readonly symbols: number;
  readonly rate: number;
  /** For how long the venue sends. */
  readonly seconds: number;
  /** Each frame in a packet of its own, at its own time. */
  readonly isSpread: boolean;
}

interface Sending {
  readonly sent: number;
  readonly snapshots: number;
  readonly seconds: number;
  readonly cpuUs: number;
}

interface Summary {
  readonly outcome: string;
  readonly events: Readonly<Record<string, number>>;
  readonly gaps: number;
  readonly scans_declined: number;
}

/** A recorder with its defaults against a venue that sends a load, each its own process. */
export async function recordLoad({ what, symbols, rate, seconds, isSpread }: Load, folder: string, flags: readonly string[] = []) {
  const sent = [String(symbols), String(rate), String(seconds), ...(isSpread ? ["spread"] : [])];
  const venue = runChild([process.execPath, `${root}scripts/bench/fast_venue.ts`, ...sent], { cwd: folder });
  const { ws_url, http_url } = JSON.parse(await venue.first);
  const data = fs.mkdtempSync(`${folder}/data-`);
  const options = ["--source", "binance", "--data-path", data, "--listen", "off", "--json", ...flags];
  const recorder = runChild([process.execPath, `${root}src/main.ts`, "record", ...options], {
    cwd: folder,
    codes: [DRAINED, DEADLINE],
    env: { ARGUS_SOURCES__BINANCE__WS_URL: ws_url, ARGUS_SOURCES__BINANCE__REST_URL: http_url },
  });
  return {
    data,
    recorder,
    /** Cut off, and the venue ended. */
    async kill() {
      await recorder.kill();
      venue.stop();
      await venue.ended;
    },
    /** When the recorder has ended. What was sent must have been recorded. */
    async ended() {
      const { lines, usage } = await recorder.ended;
      venue.stop();
      const sending = JSON.parse((await venue.ended).lines.at(-1)!) as Sending;
      const summary = JSON.parse(lines.at(-1)!) as Summary;
      const rows = Object.values(summary.events).reduce((sum, each) => sum + each, 0);
      if (sending.sent === 0 || rows !== sending.sent + sending.snapshots || summary.gaps > 0) {
        throw new Error(`${what}: sent ${sending.sent} and ${sending.snapshots} snapshots, recorded ${rows}, gaps ${summary.gaps}`);
      }
      return { usage, sending, summary, rows };
    },
  };
}
