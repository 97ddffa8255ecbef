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
/** Locked by whoever takes the data path over; says what it records. */
export const TAKEOVER_FILE = "argus.takeover";

type World = Pick<Runtime, "disk" | "process" | "clock">;

/**
 * The data path is ours until `release` or the death of the process. Throws StorageError that says who holds it. The folder is created;
 * one that cannot be written is refused here, before any socket opens.
 */
export function lockDataPath(runtime: World, dataPath: string, what: string): DataPathLock {
  const lock = claimDataPath(runtime, dataPath, what);
  if (typeof lock !== "string") return lock;
  const { disk } = runtime;
  throw new StorageError({
    op: "lock",
    path: dataPath,
    code: `${lock === LOCK_FILE ? "held" : "being taken over"} by another argus (${holderOf(disk, `${dataPath}/${lock}`)})`,
    hint: "Stop it, take it over (record --takeover), or give this one its own data path (--data-path).",
  });
}

/** The same, or the file whose lock another one has. */
export function claimDataPath(
  runtime: World,
  dataPath: string,
  what: string,
): DataPathLock | typeof LOCK_FILE | typeof TAKEOVER_FILE {
  const { disk } = runtime;
  const lock = tryLockDataPath(runtime, dataPath, what);
  if (lock === undefined) return LOCK_FILE;
  if (!disk.exists(`${dataPath}/${TAKEOVER_FILE}`)) return lock;
  const takeover = disk.lock(`${dataPath}/${TAKEOVER_FILE}`);
  if (takeover === undefined) {
    // Whoever has it records already, and waits for this lock to store what it has.
    lock.release();
    return TAKEOVER_FILE;
  }
  disk.remove(`${dataPath}/${TAKEOVER_FILE}`);
  takeover.release();
  return lock;
}

/** For whoever takes over: undefined while the other one holds the data path. */
export function tryLockDataPath({ disk, process, clock }: World, dataPath: string, what: string): DataPathLock | undefined {
  // A folder that a power cut takes takes every day file in it along.
  for (const made of disk.makeFolder(dataPath)) disk.syncFolder(folderOf(made));
  const lock = disk.lock(`${dataPath}/${LOCK_FILE}`);
  if (lock === undefined) return undefined;
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
  const text = disk.exists(path) ? new TextDecoder().decode(disk.read(path)) : "";
  return text.trim().split("\n")[0] || "one that is just starting";
}
