import { US_PER_MS, US_PER_S } from "../../lib/time.ts";
import type { Disk } from "../../runtime/runtime.ts";
import { journalFolder, segmentIdOf } from "../journal/segment.ts";
import { tmpFolder } from "./paths.ts";

/**
 * When a new generation begins, by its name: generations are merged in the order of their names, so it lies behind everything an earlier
 * process left under tmp/, also where the clock was set back since.
 */
export function generationTime(disk: Disk, dataPath: string, wallTime: number): number {
  const inside = (folder: string) => disk.list(folder).filter(({ isFolder }) => isFolder).map(({ name }) => `${folder}/${name}`);
  const chunks = inside(tmpFolder(dataPath)).flatMap(inside).flatMap(inside).flatMap(inside);
  const segments = disk.list(journalFolder(dataPath)).flatMap(({ name }) => segmentIdOf(name)?.hash ?? []);
  const left = [...chunks, ...segments].map(timeOfGeneration);
  return left.reduce((latest, time) => Math.max(latest, time + US_PER_S), wallTime);
}

/** When it began, by its name, µs; −∞ for what is no generation's. */
export function timeOfGeneration(path: string): number {
  const name = path.slice(path.lastIndexOf("/") + 1);
  const [, date, time, ms = "000"] = /^(\d{8})T(\d{6})(\d{3})?Z-[0-9a-f]+$/.exec(name) ?? [];
  if (date === undefined || time === undefined) return -Infinity;
  const iso = `${date.replace(/(....)(..)(..)/, "$1-$2-$3")}T${time.replace(/(..)(..)(..)/, "$1:$2:$3")}.${ms}Z`;
  return Date.parse(iso) * US_PER_MS;
}
