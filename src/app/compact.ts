import type { EventType } from "../events/event_type.ts";
import { eventTypeOf } from "../events/registry.ts";
import { StorageError } from "../lib/errors.ts";
import { decodeSymbol } from "../lib/symbol_name.ts";
import { dateOf } from "../lib/time.ts";
import { nextTurn } from "../lib/next_turn.ts";
import { storageWorld } from "../processing/storage/day_file.ts";
import { dayFilesOf, streamFolders } from "../processing/storage/day_tree.ts";
import { lockDataPath } from "../processing/storage/lock.ts";
import { type Rolled, rolling } from "../processing/storage/rolling.ts";
import { hasWaiting } from "../processing/storage/temporary_files.ts";
import type { Runtime } from "../runtime/runtime.ts";
import { isAbout, type StoredSelection } from "./stored_selection.ts";

export interface CompactRequest extends StoredSelection {
  readonly dataPath: string;
  readonly version: string;
  /** UTC dates; none: every day that is over. */
  readonly dates: readonly string[];
  readonly signal: AbortSignal;
}

/** What became of one day file. `waiting`: chunks of its stream are not merged yet. `failed`: the disk refused. */
export type Compacted =
  & { readonly path: string; readonly date: string }
  & (
    | Rolled
    | { readonly what: "waiting" }
    | { readonly what: "failed"; readonly why: string }
  );

export interface CompactSummary {
  readonly files: number;
  readonly rolled: number;
  readonly already: number;
  readonly waiting: number;
  /** Damaged, of another version, or refused by the disk: as they were. */
  readonly left: number;
  readonly bytesBefore: number;
  readonly bytesAfter: number;
}

/** Rolls day files, by the recorder's own code; each goes to `each`. A rolled one is left as it is. */
export async function compactDays(runtime: Runtime, request: CompactRequest, each: (file: Compacted) => void): Promise<CompactSummary> {
  const { dataPath, version, dates, signal } = request;
  const lock = lockDataPath(runtime, dataPath, `argus ${version} compact`);
  const sum = { files: 0, rolled: 0, already: 0, waiting: 0, left: 0, bytesBefore: 0, bytesAfter: 0 };
  const today = dateOf(runtime.clock.wallTime());
  const isWanted = (date: string) => dates.length === 0 ? date < today : dates.includes(date);
  try {
    for (const { source, type, symbol, path } of streamFolders(runtime.disk, dataPath)) {
      const eventType = eventTypeOf(type);
      if (eventType === undefined || !isAbout(request, source, type, decodeSymbol(symbol))) continue;
      for (const { date, isCorrupt } of dayFilesOf(runtime.disk, dataPath, path)) {
        if (isCorrupt || !isWanted(date)) continue;
        const outcome = await compactDay(runtime, request, eventType, { path, date });
        if (outcome === undefined || signal.aborted) return sum;
        each({ ...outcome, path, date });
        sum.files++;
        if (outcome.what === "rolled" || outcome.what === "already" || outcome.what === "waiting") sum[outcome.what]++;
        else sum.left++;
        if (outcome.what !== "rolled") continue;
        sum.bytesBefore += outcome.bytesBefore;
        sum.bytesAfter += outcome.bytes;
      }
    }
    return sum;
  } finally {
    lock.release();
  }
}

type Outcome = Rolled | { readonly what: "waiting" } | { readonly what: "failed"; readonly why: string };

/** Undefined where it was stopped in the middle; nothing has changed then. */
async function compactDay(
  runtime: Runtime,
  { dataPath, version, signal }: CompactRequest,
  type: EventType,
  { path, date }: { readonly path: string; readonly date: string },
): Promise<Outcome | undefined> {
  if (hasWaiting(runtime.disk, dataPath, path)) return { what: "waiting" };
  const steps = rolling(storageWorld(runtime, `argus ${version}`), type, { dataPath, path, date });
  try {
    for (;;) {
      const { done, value } = steps.next();
      if (done === true) return value;
      await nextTurn(runtime.timers); // a signal is heard between two steps
      if (!signal.aborted) continue;
      steps.return({ what: "changed" });
      return undefined;
    }
  } catch (error) {
    if (!(error instanceof StorageError)) throw error;
    return { what: "failed", why: error.message };
  }
}
