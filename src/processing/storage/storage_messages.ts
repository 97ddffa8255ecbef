import { StorageError } from "../../lib/errors.ts";
import type { StorageHappening } from "../../telemetry/storage_happening.ts";
import type { ChunkId } from "./paths.ts";
import type { SealedTable } from "./table.ts";
import type { Recovery } from "../journal/recovery.ts";

/** What the socket's thread says to the storage thread. */
export type ToStorage =
  | {
    readonly kind: "open";
    readonly dataPath: string;
    readonly hash: string;
    readonly writer: string;
    readonly flushIntervalMs: number;
    /** Rows that an earlier recorder left in its journal become chunks first. Answered with `recovered`. */
    readonly recovers: boolean;
  }
  | { readonly kind: "chunk"; readonly id: ChunkId; readonly table: SealedTable }
  /** Accept rows of one more generation: of one path, or of all. */
  | { readonly kind: "bump"; readonly path: string | undefined; readonly hash: string }
  /** Merge all that waits, of those streams or of all. Answered with `done`. */
  | { readonly kind: "flush"; readonly request: number; readonly paths: readonly string[] | undefined };

/** What the storage thread says back. */
export type FromStorage =
  | { readonly kind: "durable"; readonly id: ChunkId }
  /** The disk did not take it; nothing is lost, it may be sent again. */
  | { readonly kind: "refused"; readonly id: ChunkId; readonly failure: Failure }
  | { readonly kind: "recovered"; readonly recovery: Recovery | Failure }
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

/** Anything but a refusal of the disk is our bug and ends the thread, which its supervisor starts again. */
export function failureOf(error: unknown): Failure {
  if (!(error instanceof StorageError)) throw error;
  const { op, path, code, hint } = error;
  return { op, path, code, hint };
}
