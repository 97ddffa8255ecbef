import type { Failure } from "../storage/storage_messages.ts";
import type { JournalBatch } from "./batch.ts";

/** What the socket's thread says to the journal thread. */
export type ToJournal =
  | {
    readonly kind: "open";
    readonly dataPath: string;
    readonly hash: string;
    readonly syncIntervalMs: number;
    readonly segmentBytesMax?: number;
  }
  /** Rows to keep, and chunks that are in day files. Answered with `synced` once the rows are durable. */
  | { readonly kind: "write"; readonly id: number; readonly batches: readonly JournalBatch[]; readonly merged: readonly MergedChunks[] }
  /** Everything is in day files: remove what is left. Answered with `removed`. */
  | { readonly kind: "remove" };

/** What the journal thread says back. */
export type FromJournal =
  /** Every write up to this one is durable. */
  | { readonly kind: "synced"; readonly id: number }
  /** The disk refuses; nothing is forgotten, and it is tried again. */
  | { readonly kind: "refused"; readonly failure: Failure }
  | { readonly kind: "removed"; readonly failure: Failure | undefined };

export interface MergedChunks {
  readonly path: string;
  readonly chunks: readonly number[];
}
