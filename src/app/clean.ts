import { nextTurn } from "../lib/next_turn.ts";
import { eventTypeOfPath } from "../events/registry.ts";
import { type FileEnd, fileEnd, type StorageWorld, storageWorld } from "../processing/storage/day_file.ts";
import { readChunk } from "../processing/storage/chunk_file.ts";
import { lockDataPath } from "../processing/storage/lock.ts";
import { folderOf } from "../processing/storage/files.ts";
import { dayFilePath } from "../processing/storage/paths.ts";
import { type TemporaryFile, temporaryFiles } from "../processing/storage/temporary_files.ts";
import type { Runtime } from "../runtime/runtime.ts";

export interface CleanRequest {
  readonly dataPath: string;
  readonly version: string;
  /** Otherwise they are only told. */
  readonly isDeleting: boolean;
  readonly signal: AbortSignal;
}

/** `unfinished`: it never got its name, so its rows are elsewhere. `merged`: a chunk that is in its day file. */
export interface StaleFile {
  readonly kind: "unfinished" | "merged";
  readonly file: string;
  readonly bytes: number;
}

export interface CleanSummary {
  readonly stale: number;
  readonly bytes: number;
  readonly deleted: number;
  /** Chunks that are in no day file yet: `argus flush` merges them. */
  readonly waiting: number;
}

/** Finds, and where asked deletes, files under tmp/ that nobody needs. What it does not understand it does not touch. */
export async function cleanUp(runtime: Runtime, request: CleanRequest, each: (file: StaleFile) => void): Promise<CleanSummary> {
  const { dataPath, version, isDeleting, signal } = request;
  const { disk } = runtime;
  const lock = lockDataPath(runtime, dataPath, `argus ${version} clean`);
  const world = storageWorld(runtime, `argus ${version}`);
  const sum = { stale: 0, bytes: 0, deleted: 0, waiting: 0 };
  try {
    for (const found of [...temporaryFiles(disk, dataPath)]) {
      await nextTurn(runtime.timers); // a signal is heard between two files
      if (signal.aborted) return sum;
      if (found.kind === "chunk" && !isMerged(world, dataPath, found)) {
        sum.waiting++;
        continue;
      }
      const stale = {
        kind: found.kind === "chunk" ? "merged" as const : found.kind,
        file: found.file,
        bytes: disk.stat(found.file)?.bytes ?? 0,
      };
      sum.stale++;
      sum.bytes += stale.bytes;
      if (isDeleting) {
        disk.remove(found.file);
        sum.deleted++;
        const folder = folderOf(found.file);
        if (disk.list(folder).length === 0) disk.removeFolder(folder);
      }
      each(stale);
    }
    return sum;
  } finally {
    lock.release();
  }
}

/** Read whole, and named by the footer of its day file: only then is it safe to go. */
function isMerged(world: StorageWorld, dataPath: string, { path, hash, chunk }: TemporaryFile): boolean {
  const read = readChunk(world, eventTypeOfPath(path), dataPath, { path, hash, chunk });
  if (read === undefined || typeof read === "string") return false;
  return endOf(world, dayFilePath(dataPath, path, read.date))?.watermark.has(hash, chunk) ?? false;
}

function endOf(world: StorageWorld, path: string): FileEnd | undefined {
  if (!world.disk.exists(path)) return undefined;
  const file = world.disk.open(path, "read");
  try {
    return fileEnd(world, file, file.size());
  } finally {
    file.close();
  }
}
