import type { Disk } from "../../runtime/runtime.ts";
import { dayFileNameOf } from "./paths.ts";

/** A folder of day files: `{source}/{type}/{symbol}`, symbol encoded. */
export interface StreamFolder {
  readonly source: string;
  readonly type: string;
  readonly symbol: string;
  /** All three, which is the stream's agora path. */
  readonly path: string;
}

export interface DayFileName {
  readonly date: string;
  readonly file: string;
  /** It was found damaged and put beside the day's new file. */
  readonly isCorrupt: boolean;
}

/** Streams that have or had day files, in order; whoever calls knows the types that exist. */
export function* streamFolders(disk: Disk, dataPath: string): Generator<StreamFolder> {
  for (const source of foldersIn(disk, dataPath).filter((name) => name !== "tmp")) {
    for (const type of foldersIn(disk, `${dataPath}/${source}`)) {
      for (const symbol of foldersIn(disk, `${dataPath}/${source}/${type}`)) {
        yield { source, type, symbol, path: `${source}/${type}/${symbol}` };
      }
    }
  }
}

/** A stream's day files in order of their dates; from the date `from` on. */
export function dayFilesOf(disk: Disk, dataPath: string, path: string, from = ""): DayFileName[] {
  const folder = `${dataPath}/${path}`;
  return foldersIn(disk, folder).filter((year) => year >= from.slice(0, 4)).flatMap((year) =>
    disk.list(`${folder}/${year}`).flatMap(({ name, isFolder }) => {
      const found = isFolder ? undefined : dayFileNameOf(name);
      return found === undefined || found.date < from ? [] : [{ ...found, file: `${folder}/${year}/${name}` }];
    })
  );
}

export function foldersIn(disk: Disk, path: string): string[] {
  return disk.list(path).filter(({ isFolder }) => isFolder).map(({ name }) => name);
}
