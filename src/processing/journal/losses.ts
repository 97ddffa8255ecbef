import type { Stretch } from "./assembled.ts";
import type { KnownChunk } from "./journal_index.ts";
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

/** A stretch with its place in the whole stream: the rows before it, up to its end. */
interface Kept extends Pick<Stretch, "firstId" | "lastId" | "firstTime" | "lastTime"> {
  readonly from: number;
  /** Undefined: a chunk that is whole elsewhere, however long it is. */
  readonly to: number | undefined;
  readonly chunk: number;
}

/**
 * What lies between the rows that were found. Rows are numbered through a stream's generation, so that none is missed unnoticed, whatever
 * records are damaged; only behind the last one nobody knows. Chunks between that are somewhere else are asked for.
 */
export function* lossesOf(chunks: readonly KnownChunk[], isElsewhere: (chunk: KnownChunk) => boolean): Generator<Loss> {
  for (const stream of Map.groupBy(chunks, ({ hash, path }) => `${hash} ${path}`).values()) {
    const kept = stream.sort((a, b) => a.chunk - b.chunk).flatMap(keptOf);
    for (const [i, right] of kept.entries()) {
      const left = kept[i - 1];
      const known = stream.find(({ chunk }) => chunk === right.chunk)!;
      const loss = left === undefined ? beginning(right, known) : between(left, right, known, isElsewhere);
      if (loss !== undefined) yield { path: known.path, ...loss };
    }
  }
}

function keptOf({ chunk, before, stretches, fromTime, toTime }: KnownChunk): Kept[] {
  const whole = { from: before, to: undefined, chunk, firstId: undefined, lastId: undefined, firstTime: fromTime, lastTime: toTime };
  return stretches?.map((stretch) => ({ ...stretch, chunk, from: before + stretch.first, to: before + stretch.end })) ?? [whole];
}

/** Rows of the first chunk that was found; those before it are in day files. */
function beginning(right: Kept, { before }: KnownChunk): Omit<Loss, "path"> | undefined {
  if (right.from === before) return undefined;
  const { firstId: beforeId, firstTime } = right;
  return { rows: right.from - before, afterId: undefined, beforeId, fromTime: firstTime, toTime: firstTime };
}

function between(
  left: Kept,
  right: Kept,
  known: KnownChunk,
  isElsewhere: (chunk: KnownChunk) => boolean,
): Omit<Loss, "path"> | undefined {
  const edges = { afterId: left.lastId, beforeId: right.firstId, fromTime: left.lastTime, toTime: right.firstTime };
  const elsewhere: boolean[] = [];
  for (let chunk = left.chunk + 1; chunk < right.chunk; chunk++) {
    const times = { fromTime: left.lastTime, toTime: right.firstTime };
    elsewhere.push(isElsewhere({ ...known, ...times, chunk, key: chunkKey(known.hash, known.path, chunk) }));
  }
  // A whole chunk ends where the next one begins.
  const to = left.to ?? (elsewhere.length === 0 ? known.before : undefined);
  if (to !== undefined && !elsewhere.includes(true)) return right.from > to ? { ...edges, rows: right.from - to } : undefined;
  return elsewhere.includes(false) ? { ...edges, rows: undefined } : undefined;
}
