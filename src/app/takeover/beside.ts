/** A recorder that takes over: beside the one that holds the data path, until that one has left, and on from where it stopped. */
import type { Succession } from "../../network/dispatcher.ts";
import type { Recovery } from "../../processing/journal/recovery.ts";
import type { DataPathLock } from "../../processing/storage/lock.ts";
import type { Runtime } from "../../runtime/runtime.ts";
import type { TakeoverHappenings } from "../../telemetry/takeover_happenings.ts";
import { Asking, type AskingOptions } from "./asking.ts";
import { type HandOver, parseHandOver } from "./hand_over.ts";
import { leftOnDisk } from "./left_on_disk.ts";
import { clearAnswers } from "./request.ts";

/** What of a recorder takes over. */
export interface Heir {
  /** Its sockets connect; nothing is published yet. */
  standBy(): void;
  undelivered(): readonly string[];
  paths(): readonly string[];
  /** It publishes and journals from now on. */
  goOn(sources: HandOver["sources"], succession: Succession): void;
  /** The data path is its own: rows go into day files from now on. */
  own(lock: DataPathLock): void;
  /** Of what the one before had received, this is lost. */
  follow(before: Recovery): void;
  /** What the one before left in its journal; undefined when the signal aborts first. */
  recovered(signal: AbortSignal): Promise<Recovery | undefined>;
}

export interface TakeoverSignals {
  /** It is told to stop. */
  readonly signal: AbortSignal;
  /** It has drained. */
  readonly over: AbortSignal;
}

/**
 * Resolves when it records, or was told to stop before; `owning` then resolves when the data path is its own too. Rejects with StorageError
 * where the other one records on.
 */
export async function takeOver(
  runtime: Runtime,
  happenings: TakeoverHappenings,
  options: AskingOptions,
  heir: Heir,
  { signal, over }: TakeoverSignals,
): Promise<{ readonly owning: Promise<void> }> {
  happenings.connecting();
  const asking = await Asking.begin(runtime, happenings, options);
  let owning: Promise<void> | undefined;
  const own = (lock: DataPathLock) => {
    heir.own(lock);
    clearAnswers(runtime.disk, options.dataPath);
  };
  try {
    heir.standBy();
    const left = await asking.leave(() => heir.undelivered(), signal);
    const handOver = left?.document === undefined ? undefined : read(left.document, happenings);
    if (handOver !== undefined) {
      const { holder, hash, leftTime, sources } = handOver;
      heir.goOn(sources, { leftTime, before: undefined, about: `from ${holder}, ${hash}` });
      happenings.tookOver("left", holder);
      const free = left!.lock === undefined ? asking.free(over) : Promise.resolve(left!.lock);
      owning = (async () => {
        const lock = await free;
        if (lock !== undefined) own(lock);
        asking[Symbol.dispose]();
        const before = lock === undefined ? undefined : await heir.recovered(over);
        if (before !== undefined) heir.follow(before); // it was killed while it drained, and a disk has damaged its journal
      })();
      return { owning };
    }
    const lock = left === undefined ? undefined : left.lock ?? await asking.free(signal);
    if (lock !== undefined) {
      own(lock);
      await goOnFromDisk(runtime, options, heir, signal);
      happenings.tookOver("gone", "");
    }
    return { owning: Promise.resolve() };
  } finally {
    if (owning === undefined) asking[Symbol.dispose]();
  }
}

/** Its journal first: then its last rows are in chunks and day files. */
async function goOnFromDisk(runtime: Runtime, { dataPath, sources }: AskingOptions, heir: Heir, signal: AbortSignal): Promise<void> {
  const before = await heir.recovered(signal);
  if (before === undefined) return;
  const paths = await leftOnDisk(runtime, dataPath, heir.paths());
  const states = Object.keys(sources).map((id) => [id, { paths, holes: [], books: [] }] as const);
  heir.goOn(Object.fromEntries(states), { leftTime: undefined, before, about: "from one that is gone without a word" });
}

function read(document: string, happenings: TakeoverHappenings): HandOver | undefined {
  try {
    return parseHandOver(document);
  } catch (error) {
    happenings.documentUnreadable(error instanceof Error ? error.message : String(error));
    return undefined;
  }
}
