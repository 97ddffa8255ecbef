import { StorageError } from "../../lib/errors.ts";
import { isoOf } from "../../lib/time.ts";
import type { Runtime } from "../../runtime/runtime.ts";
import { journalFolder, readSegment, segmentIdOf } from "./segment.ts";

export interface SegmentFacts {
  readonly segment: string;
  readonly bytes: number;
  readonly records: number;
  readonly rows: number;
  /** Receive times of its first and last row; absent where it has none. */
  readonly from: string | undefined;
  readonly to: string | undefined;
  /** `torn`: an end that a crash cut short; its rows were never committed. */
  readonly damages: readonly { readonly at: number; readonly bytes: number; readonly isTorn: boolean }[];
}

export interface StreamFacts {
  readonly path: string;
  /** Rows written again after the disk refused are counted each time. */
  readonly rows: number;
  readonly from: string;
  readonly to: string;
}

export interface JournalFacts {
  readonly segments: readonly SegmentFacts[];
  readonly streams: readonly StreamFacts[];
  readonly isGood: boolean;
}

interface Tally {
  rows: number;
  fromTime: number;
  toTime: number;
}

/** What the journal of a data path holds. Reads only; beside a running recorder it may see the end of a segment half written. */
export function checkJournal({ disk, compression }: Pick<Runtime, "disk" | "compression">, dataPath: string): JournalFacts {
  const folder = journalFolder(dataPath);
  const streams = new Map<string, Tally>();
  const segments = disk.list(folder).filter(({ name }) => segmentIdOf(name) !== undefined).flatMap(({ name }) => {
    const bytes = readUnlessGone(disk, `${folder}/${name}`);
    if (bytes === undefined) return [];
    const tally = newTally();
    const damages: { at: number; bytes: number; isTorn: boolean }[] = [];
    let records = 0;
    for (const found of readSegment(compression, bytes)) {
      if (found.kind === "damage") {
        damages.push({ at: found.at, bytes: found.bytes, isTorn: found.isTorn });
        continue;
      }
      records++;
      for (const run of found.record.runs) {
        const stream = streams.get(run.path) ?? newTally();
        streams.set(run.path, stream);
        for (const each of [tally, stream]) count(each, run);
      }
    }
    return [{ segment: name, bytes: bytes.length, records, ...facts(tally), damages }];
  });
  const byPath = [...streams].sort(([a], [b]) => a < b ? -1 : 1).map(([path, tally]) => ({ path, ...facts(tally) }));
  return { segments, streams: byPath as StreamFacts[], isGood: segments.every(({ damages }) => damages.length === 0) };
}

function newTally(): Tally {
  return { rows: 0, fromTime: Infinity, toTime: -Infinity };
}

function count(tally: Tally, run: Tally): void {
  tally.rows += run.rows;
  tally.fromTime = Math.min(tally.fromTime, run.fromTime);
  tally.toTime = Math.max(tally.toTime, run.toTime);
}

function facts({ rows, fromTime, toTime }: Tally): Pick<SegmentFacts, "rows" | "from" | "to"> {
  return rows === 0 ? { rows, from: undefined, to: undefined } : { rows, from: isoOf(fromTime), to: isoOf(toTime) };
}

/** A running recorder removes segments whose rows are in day files. */
function readUnlessGone(disk: Runtime["disk"], path: string): Uint8Array | undefined {
  try {
    return disk.read(path);
  } catch (error) {
    if (error instanceof StorageError && error.code === "ENOENT") return undefined;
    throw error;
  }
}
