import * as fs from "node:fs";
import { fileURLToPath } from "node:url";
import type { Figure } from "../bench.ts";
import { runChild } from "./child.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));
const RATES = [2_000, 20_000];
const SECONDS = 65; // a whole flush interval of one minute, and a drain

/** A recorder against a simulated venue, each its own process: what a recorded event costs, from the socket to the day file. */
export async function allIn(folder: string): Promise<Figure[]> {
  const figures: Figure[] = [];
  for (const rate of RATES) {
    const argus = [process.execPath, `${root}src/main.ts`];
    const venue = runChild([...argus, "simulate", "--source", "binance", "--symbols", "100", "--rate", String(rate), "--json"], {
      cwd: folder,
    });
    const { ws_url, http_url } = JSON.parse(await venue.first);
    const data = `${folder}/data-${rate}`;
    const recorder = runChild(
      [
        ...argus,
        "record",
        "--source",
        "binance",
        "--data-path",
        data,
        "--listen",
        "off",
        "--json",
        "--duration",
        `${SECONDS}s`,
      ],
      { cwd: folder, env: { ARGUS_SOURCES__BINANCE__WS_URL: ws_url, ARGUS_SOURCES__BINANCE__REST_URL: http_url } },
    );
    const { lines, usage } = await recorder.ended;
    venue.stop();
    await venue.ended;
    const { events } = JSON.parse(lines.at(-1)!) as { events: Record<string, number> };
    const count = Object.values(events).reduce((sum, each) => sum + each, 0);
    if (count === 0) throw new Error("nothing was recorded");
    figures.push(
      { what: `all-in at ${rate.toLocaleString("en-US")} events/s: recorded`, value: count / SECONDS, unit: "events/s" },
      { what: `all-in at ${rate.toLocaleString("en-US")} events/s: CPU`, value: usage.cpuUs / count, unit: "µs CPU/event" },
      { what: `all-in at ${rate.toLocaleString("en-US")} events/s: of one core`, value: usage.cpuUs / SECONDS / 1e4, unit: "%" },
      { what: `all-in at ${rate.toLocaleString("en-US")} events/s: memory`, value: usage.rssBytes / 1e6, unit: "MB RSS at most" },
      {
        what: `all-in at ${rate.toLocaleString("en-US")} events/s: day files`,
        value: bytesUnder(`${data}/binance`) / count,
        unit: "B/event",
      },
    );
  }
  return figures;
}

function bytesUnder(folder: string): number {
  const entries = fs.readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return entries.reduce((sum, entry) => sum + fs.statSync(`${entry.parentPath}/${entry.name}`).size, 0);
}
