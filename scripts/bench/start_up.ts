import * as fs from "node:fs";
import { fileURLToPath } from "node:url";
import type { Figure } from "../bench.ts";
import { runChild } from "./child.ts";

const RUNS = 9;
const root = fileURLToPath(new URL("../../", import.meta.url));

/** From the start of the process to its end, for a command that does nothing: the median of several. */
export async function startUp(folder: string): Promise<Figure[]> {
  const ways: [name: string, command: string[]][] = [["bun src/main.ts", [process.execPath, `${root}src/main.ts`]]];
  if (fs.existsSync(`${root}dist/argus`)) ways.push(["dist/argus", [`${root}dist/argus`]]);
  const figures: Figure[] = [];
  for (const [name, command] of ways) {
    const times: number[] = [];
    let rssBytes = 0;
    for (let i = 0; i < RUNS; i++) {
      const started = performance.now();
      const { usage } = await runChild([...command, "--version"], { cwd: folder }).ended;
      times.push(performance.now() - started);
      rssBytes = Math.max(rssBytes, usage.rssBytes);
    }
    figures.push({ what: `start-up: ${name} --version`, value: times.sort((a, b) => a - b)[RUNS >> 1]!, unit: "ms wall" });
    figures.push({ what: `memory: ${name} --version`, value: rssBytes / 1e6, unit: "MB RSS at most" });
  }
  return figures;
}
