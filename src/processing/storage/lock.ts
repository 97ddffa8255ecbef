import { StorageError } from "../../lib/errors.ts";
import { isoOf } from "../../lib/time.ts";
import type { Runtime } from "../../runtime/runtime.ts";
import { folderOf } from "./files.ts";

export interface DataPathLock {
  /** Tells whoever looks at the lock file where the recorder answers. */
  liveAt(url: string): void;
  release(): void;
}

/** Outside tmp/, which a user may clean by hand. */
export const LOCK_FILE = "argus.lock";

/**
 * The data path is ours until `release` or the death of the process. Throws StorageError that says who holds it. The folder is created;
 * one that cannot be written is refused here, before any socket opens.
 */
export function lockDataPath(runtime: Pick<Runtime, "disk" | "process" | "clock">, dataPath: string, what: string): DataPathLock {
  const { disk, process, clock } = runtime;
  // A folder that a power cut takes takes every day file in it along.
  for (const made of disk.makeFolder(dataPath)) disk.syncFolder(folderOf(made));
  const path = `${dataPath}/${LOCK_FILE}`;
  const lock = disk.lock(path);
  if (lock === undefined) {
    throw new StorageError({
      op: "lock",
      path: dataPath,
      code: `held by another argus (${holderOf(disk, path)})`,
      hint: "Stop it, or give this one its own data path (--data-path).",
    });
  }
  const holder = `${what}, pid ${process.pid} on ${process.host}, since ${isoOf(clock.wallTime())}`;
  lock.describe(`${holder}\n`);
  return { release: () => lock.release(), liveAt: (url) => lock.describe(`${holder}, live at ${url}\n`) };
}

/** Where the recorder that wrote the lock file last said it is live. Whether it still runs is for the asker to find out. */
export function liveAddress({ disk }: Pick<Runtime, "disk">, dataPath: string): string | undefined {
  const path = `${dataPath}/${LOCK_FILE}`;
  if (!disk.exists(path)) return undefined;
  return / live at (http:\/\/\S+)/.exec(new TextDecoder().decode(disk.read(path)))?.[1];
}

/** Who holds the data path now, in the holder's words; undefined where nobody does. */
export function lockHolder({ disk }: Pick<Runtime, "disk">, dataPath: string): string | undefined {
  const path = `${dataPath}/${LOCK_FILE}`;
  if (!disk.exists(path)) return undefined;
  const lock = disk.lock(path);
  lock?.release();
  return lock === undefined ? holderOf(disk, path) : undefined;
}

function holderOf(disk: Runtime["disk"], path: string): string {
  return new TextDecoder().decode(disk.read(path)).trim() || "one that is just starting";
}
