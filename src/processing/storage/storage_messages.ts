import type { StorageHappening } from "../../telemetry/happenings.ts";
import type { ChunkId } from "./paths.ts";
import type { SealedTable } from "./table.ts";

/** What the socket's thread says to the storage thread. */
export type ToStorage =
  | { readonly kind: "open"; readonly dataPath: string; readonly hash: string; readonly writer: string; readonly flushIntervalMs: number }
  | { readonly kind: "chunk"; readonly id: ChunkId; readonly table: SealedTable }
  /** Accept rows of one more generation: of one path, or of all. */
  | { readonly kind: "bump"; readonly path: string | undefined; readonly hash: string }
  /** Merge all that waits. Answered with `done`. */
  | { readonly kind: "flush"; readonly request: number };

/** What the storage thread says back. */
export type FromStorage =
  | { readonly kind: "durable"; readonly id: ChunkId }
  /** The disk did not take it; nothing is lost, it may be sent again. */
  | { readonly kind: "refused"; readonly id: ChunkId; readonly failure: Failure }
  | { readonly kind: "done"; readonly request: number; readonly failure: Failure | undefined }
  | { readonly kind: "news"; readonly news: StorageNews };

export interface Failure {
  readonly op: string;
  readonly path: string;
  readonly code: string;
  readonly hint: string;
}

/** What happened on the storage thread, for the log and the counters. */
export type StorageNews = StorageHappening;
