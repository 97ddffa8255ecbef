import type { Disk } from "../../runtime/runtime.ts";
import { eventTypeOf } from "../../events/registry.ts";
import { foldersIn } from "./day_tree.ts";
import { chunkNumberOf, generationFolder, isUnfinished, tmpFolder } from "./paths.ts";

/** A file under tmp/ that we know: a chunk, or one that never got its name. */
export interface TemporaryFile {
  readonly kind: "chunk" | "unfinished";
  readonly file: string;
  /** Of its stream. */
  readonly path: string;
  /** Generation and number of a chunk; "" and 0 of an unfinished file. */
  readonly hash: string;
  readonly chunk: number;
}

/** What lies under tmp/ of streams; what we do not understand, and what is kept for a person, is not among it. */
export function* temporaryFiles(disk: Disk, dataPath: string): Generator<TemporaryFile> {
  for (const source of foldersIn(disk, tmpFolder(dataPath))) {
    for (const type of foldersIn(disk, `${tmpFolder(dataPath)}/${source}`)) {
      if (eventTypeOf(type) === undefined) continue;
      for (const symbol of foldersIn(disk, `${tmpFolder(dataPath)}/${source}/${type}`)) {
        yield* filesOf(disk, dataPath, `${source}/${type}/${symbol}`);
      }
    }
  }
}

/** Does anything wait to be merged into day files of the stream? */
export function hasWaiting(disk: Disk, dataPath: string, path: string): boolean {
  return [...filesOf(disk, dataPath, path)].some(({ kind }) => kind === "chunk");
}

function* filesOf(disk: Disk, dataPath: string, path: string): Generator<TemporaryFile> {
  for (const { name, isFolder } of disk.list(`${tmpFolder(dataPath)}/${path}`)) {
    if (!isFolder && isUnfinished(name)) {
      yield { kind: "unfinished", file: `${tmpFolder(dataPath)}/${path}/${name}`, path, hash: "", chunk: 0 };
    }
    if (!isFolder) continue;
    const folder = generationFolder(dataPath, path, name);
    for (const entry of disk.list(folder)) {
      if (entry.isFolder) continue;
      const chunk = chunkNumberOf(entry.name);
      const file = `${folder}/${entry.name}`;
      if (chunk !== undefined) yield { kind: "chunk", file, path, hash: name, chunk };
      else if (/^[1-9]\d*\.pq\.part$/.test(entry.name)) yield { kind: "unfinished", file, path, hash: "", chunk: 0 };
    }
  }
}
