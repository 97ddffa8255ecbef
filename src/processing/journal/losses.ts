import { US_PER_DAY } from "../../lib/time.ts";
import { timeOfGeneration } from "../storage/generations.ts";
import type { Stretch } from "./assembled.ts";
import type { JournalIndex, KnownChunk } from "./journal_index.ts";
import { chunkKey } from "./segment_ledger.ts";

/** Rows that were received, and that no file holds. */
export interface Loss {
  readonly path: string;
  /** How many; undefined where nobody knows. */
  readonly rows: number | undefined;
  /** Sequence numbers on both sides, where the stream has them. */
  readonly afterId: number | undefined;
  readonly beforeId: number | undefined;
  readonly fromTime: number;
  readonly toTime: number;
}

const DAYS_MAX = 400; // a quiet stream's chunk before may lie as far back as its recorder's start

/** A stretch with its place in the whole stream: the rows before it, up to its end. */
interface Kept extends Pick<Stretch, "firstId" | "lastId" | "firstTime" | "lastTime"> {
  readonly from: number;
  /** Undefined: a chunk that is whole elsewhere, however long it is. */
  readonly to: number | undefined;
  readonly chunk: number;
}

type IsElsewhere = (chunk: KnownChunk) => boolean;

/**
 * What lies between the rows that were found. Rows are numbered through a stream's generation, so that none is missed unnoticed, whatever
 * records are damaged; only behind the last one nobody knows. Chunks between and before that are somewhere else are asked for.
 */
export function* lossesOf(index: JournalIndex, isElsewhere: IsElsewhere): Generator<Loss> {
  for (const stream of Map.groupBy(index.chunks(), ({ hash, path }) => `${hash} ${path}`).values()) {
    const kept = stream.sort((a, b) => a.chunk - b.chunk).flatMap(keptOf);
    for (const [i, right] of kept.entries()) {
      const left = kept[i - 1];
      const known = stream.find(({ chunk }) => chunk === right.chunk)!;
      const loss = left === undefined ? beginning(right, known, index, isElsewhere) : between(left, right, known, isElsewhere);
      if (loss !== undefined) yield { path: known.path, ...loss };
    }
  }
}

function keptOf({ chunk, before, stretches, fromTime, toTime }: KnownChunk): Kept[] {
  const whole = { from: before, to: undefined, chunk, firstId: undefined, lastId: undefined, firstTime: fromTime, lastTime: toTime };
  return stretches?.map((stretch) => ({ ...stretch, chunk, from: before + stretch.first, to: before + stretch.end })) ?? [whole];
}

/**
 * What is missing of the first chunk that was found, and of those right before it. A journal without damage has let go of them only when
 * they were in day files; a damaged one is not taken at its word.
 */
function beginning(right: Kept, known: KnownChunk, index: JournalIndex, isElsewhere: IsElsewhere): Omit<Loss, "path"> | undefined {
  const { firstId: beforeId, firstTime: toTime } = right;
  if (index.isDamaged && known.chunk > 1 && !isElsewhere(chunkOf(known, known.chunk - 1, beginOf(known), known.fromTime))) {
    // Whatever the damaged places held was written after what comes before the first of them.
    const fromTime = Math.min(index.untilTime ?? beginOf(known), toTime);
    return { rows: undefined, afterId: undefined, beforeId, fromTime, toTime };
  }
  return ownBeginning(right, known, toTime);
}

/** What is missing between the chunk before, which is somewhere else and ends nobody knows where, and the first rows of this one. */
function ownBeginning(right: Kept, { before }: KnownChunk, fromTime: number): Omit<Loss, "path"> | undefined {
  const { from, firstId: beforeId, firstTime: toTime } = right;
  return from > before ? { rows: from - before, afterId: undefined, beforeId, fromTime, toTime } : undefined;
}

/** Another chunk of the same stream, received at some time between. */
function chunkOf(known: KnownChunk, chunk: number, fromTime: number, toTime: number): KnownChunk {
  return { ...known, chunk, key: chunkKey(known.hash, known.path, chunk), fromTime, toTime };
}

/** When the first chunk of its generation may have begun. */
function beginOf({ hash, fromTime }: KnownChunk): number {
  return Math.min(fromTime, Math.max(timeOfGeneration(hash), fromTime - DAYS_MAX * US_PER_DAY));
}

function between(
  left: Kept,
  right: Kept,
  known: KnownChunk,
  isElsewhere: IsElsewhere,
): Omit<Loss, "path"> | undefined {
  const edges = { afterId: left.lastId, beforeId: right.firstId, fromTime: left.lastTime, toTime: right.firstTime };
  const elsewhere: boolean[] = [];
  for (let chunk = left.chunk + 1; chunk < right.chunk; chunk++) {
    elsewhere.push(isElsewhere(chunkOf(known, chunk, left.lastTime, right.firstTime)));
  }
  // A whole chunk ends where the next one begins.
  const to = left.to ?? (elsewhere.length === 0 ? known.before : undefined);
  if (to !== undefined && !elsewhere.includes(true)) return right.from > to ? { ...edges, rows: right.from - to } : undefined;
  if (elsewhere.includes(false)) return { ...edges, rows: undefined };
  return ownBeginning(right, known, left.lastTime);
}
