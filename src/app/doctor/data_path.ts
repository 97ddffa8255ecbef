import { StorageError } from "../../lib/errors.ts";
import { tmpFolder } from "../../processing/storage/paths.ts";
import type { Runtime } from "../../runtime/runtime.ts";
import { bad, type Check, good, poor } from "./check.ts";

const BLOCK_BYTES = 16 * 1024; // about what the journal writes at a time
const WRITES = 12;
const TOOK_MS_MAX = 3_000; // of a very slow disk nobody needs all twelve

const NOT_OURS = "Give this user the right to it (chown), or set data_path (--data-path) to a folder that can be written.";
const TODO: Readonly<Record<string, string>> = {
  EACCES: NOT_OURS,
  EPERM: NOT_OURS,
  EROFS: NOT_OURS,
  ENOTDIR: "A file lies where a folder has to be: set data_path (--data-path) to another name.",
  ENOSPC: "Free space, or set data_path to a larger disk.",
};

/** Writes and syncs a file of its own as the journal does, and takes it away again. */
export const dataPath: Check = ({ runtime, config, holder }) => {
  const { disk } = runtime;
  const made: string[] = [];
  try {
    const took = probed(runtime, config.dataPath, made);
    return judged(took, config.dataPath, config.journal.syncIntervalMs, holder);
  } catch (error) {
    if (!(error instanceof StorageError)) throw error;
    return bad(
      "data path",
      `Cannot ${error.op} ${error.path}: ${error.code}`,
      TODO[error.code] ?? "Check the disk, or set data_path to another one.",
    );
  } finally {
    removeFolders(disk, made);
  }
};

/** How long each sync took, in ms. */
function probed({ disk, clock, process }: Runtime, folder: string, made: string[]): number[] {
  made.push(...disk.makeFolder(tmpFolder(folder)));
  const path = `${tmpFolder(folder)}/doctor-${process.pid}.probe`;
  const file = disk.open(path, "create");
  const took: number[] = [];
  try {
    const beganMs = clock.monotonicMs();
    for (let i = 0; i < WRITES && clock.monotonicMs() - beganMs < TOOK_MS_MAX; i++) {
      file.append(new Uint8Array(BLOCK_BYTES).fill(i + 1));
      const fromMs = clock.monotonicMs();
      file.sync();
      took.push(clock.monotonicMs() - fromMs);
    }
  } finally {
    file.close();
    disk.remove(path);
  }
  return took.sort((a, b) => a - b);
}

function judged(took: readonly number[], folder: string, syncIntervalMs: number, holder: string | undefined) {
  const [median, worst] = [took[took.length >> 1]!, took.at(-1)!];
  const user = holder === undefined ? "no recorder uses it" : `in use by ${holder}`;
  const says = `${folder} can be written (${user}); a sync takes ${ms(median)}, at worst ${ms(worst)}`;
  if (median <= syncIntervalMs) return good("data path", says);
  const todo = `The journal is to be safe every ${syncIntervalMs} ms and cannot be: a power cut would cost more. Use a faster disk, ` +
    "keep others from loading this one, or set journal.sync_interval to what it can do.";
  return poor("data path", says, todo);
}

/** Those the check made, innermost first. One that somebody uses by now stays. */
function removeFolders(disk: Runtime["disk"], made: readonly string[]): void {
  for (const folder of made.toReversed()) {
    try {
      disk.removeFolder(folder);
    } catch (error) {
      if (!(error instanceof StorageError)) throw error;
      return;
    }
  }
}

function ms(value: number): string {
  return `${value < 10 ? value.toFixed(1) : Math.round(value)} ms`;
}
