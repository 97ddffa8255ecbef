import type { Stretch } from "./assembled.ts";
import type { ChunkId } from "../storage/paths.ts";
import type { JournalRecord, Run } from "./record.ts";
import { chunkKey } from "./segment_ledger.ts";

/** Where the rows of a chunk are: in a chunk file, in a synced day file, or in the journal alone. */
export type Place = "chunk" | "day file" | "journal";

export interface KnownChunk extends ChunkId {
  readonly key: string;
  readonly segments: Set<string>;
  readonly fromTime: number;
  toTime: number;
  /** The record after which nothing of it comes, counted over all segments. */
  lastRecord: number;
  /** Rows of its stream in the chunks before. */
  readonly before: number;
  place: Place | undefined;
  /** What of it was in the journal, where that alone had it. */
  stretches: readonly Stretch[] | undefined;
}

/** What the journal holds, without the rows. */
export class JournalIndex {
  readonly lastTimes = new Map<string, number>();
  untilTime: number | undefined;
  readonly #chunks = new Map<string, KnownChunk>();
  #records = 0;
  #isDamaged = false;

  /** In the order of the segments and of the records in them. */
  add(segment: string, { hash, runs }: Pick<JournalRecord, "hash" | "runs">): void {
    const number = this.#records++;
    for (const run of runs) {
      this.#note(segment, hash, run, number);
      this.lastTimes.set(run.path, run.toTime);
      // Behind a damaged place a stream may have had rows that nobody knows of.
      if (!this.#isDamaged) this.untilTime = Math.max(this.untilTime ?? -Infinity, run.toTime);
    }
  }

  damaged(): void {
    this.#isDamaged = true;
  }

  get isDamaged(): boolean {
    return this.#isDamaged;
  }

  chunk(hash: string, path: string, chunk: number): KnownChunk | undefined {
    return this.#chunks.get(chunkKey(hash, path, chunk));
  }

  chunks(): KnownChunk[] {
    return [...this.#chunks.values()];
  }

  #note(segment: string, hash: string, { path, chunk, before, fromTime, toTime }: Run, record: number): void {
    const key = chunkKey(hash, path, chunk);
    const known = this.#chunks.get(key);
    if (known === undefined) {
      const segments = new Set([segment]);
      const unknown = { place: undefined, stretches: undefined };
      this.#chunks.set(key, { key, hash, path, chunk, before, segments, fromTime, toTime, lastRecord: record, ...unknown });
    } else {
      known.segments.add(segment);
      known.toTime = Math.max(known.toTime, toTime);
      known.lastRecord = record;
    }
  }
}
