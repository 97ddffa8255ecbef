import type { EventType } from "../../events/event_type.ts";
import { AssertionError } from "../../lib/assert.ts";
import { StorageError } from "../../lib/errors.ts";
import { type FileEnd, fileEnd, KEY, type StorageWorld } from "./day_file.ts";
import { DayRoll, type RollOutcome } from "./day_roll.ts";
import { dayFilePath, unfinishedPath } from "./paths.ts";

/** `already`: rolled, and nothing was added since. `other`: of another version, or no day file of ours. */
export type Rolled = RollOutcome | { readonly what: "already" } | { readonly what: "other"; readonly why: string };

const RESERVE_BYTES = 64 << 20;

/** Rolls one day file, a slice a step. Throws StorageError; the file is as it was then. */
export function* rolling(
  world: StorageWorld,
  type: EventType,
  { dataPath, path, date }: { readonly dataPath: string; readonly path: string; readonly date: string },
): Generator<undefined, Rolled> {
  const target = dayFilePath(dataPath, path, date);
  const end = endOf(world, target);
  if (end === undefined) return { what: "damaged", why: "its end is missing or not whole" };
  const [found, ours] = [end.keyValues.get(KEY.schema), `${type.name}/${type.version}`];
  if (found !== ours) return { what: "other", why: `it is ${found}, not ${ours}` };
  if (end.keyValues.get(KEY.rolled) === String(end.metadata.num_rows)) return { what: "already" };
  assertRoom(world, dataPath, target, end);
  using roll = new DayRoll(world, type, end, { path, target, temporary: unfinishedPath(dataPath, path, date, "roll") });
  try {
    for (;;) {
      const outcome = roll.step();
      if (outcome !== undefined) return outcome;
      yield;
    }
  } catch (error) {
    if (error instanceof StorageError || error instanceof AssertionError) throw error;
    return { what: "damaged", why: error instanceof Error ? error.message : String(error) };
  }
}

/** Beside the file there must be room for it once more, and for what is recorded meanwhile. */
function assertRoom({ disk }: StorageWorld, dataPath: string, target: string, { metadata }: FileEnd): void {
  const needed = metadata.row_groups.reduce((sum, group) => sum + Number(group.total_compressed_size ?? 0), RESERVE_BYTES);
  const free = disk.freeBytes(dataPath);
  if (free >= needed) return;
  const megabytes = (bytes: number) => Math.ceil(bytes / 1024 / 1024);
  const hint = `The disk has ${megabytes(free)} MB free, needs ${megabytes(needed)} MB. Free space or set data_path.`;
  throw new StorageError({ op: "roll", path: target, code: "ENOSPC", hint });
}

function endOf(world: StorageWorld, target: string): FileEnd | undefined {
  const file = world.disk.open(target, "read");
  try {
    return fileEnd(world, file, file.size());
  } finally {
    file.close();
  }
}
