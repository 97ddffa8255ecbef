/** What the storage thread tells. */
export type StorageHappening =
  | {
    readonly what: "merged";
    readonly path: string;
    readonly date: string;
    readonly hash: string;
    readonly chunks: readonly number[];
    readonly rows: number;
  }
  | { readonly what: "recovered"; readonly chunks: number }
  /** Half of the parts are read once, then all of them again. */
  | { readonly what: "recovering"; readonly done: number; readonly of: number }
  | { readonly what: "merges_paused"; readonly freeBytes: number }
  | { readonly what: "merges_resumed" }
  | { readonly what: "mended"; readonly path: string; readonly bytes: number }
  | {
    readonly what: "aside";
    readonly path: string;
    readonly why: string;
    /** Of a day file: whose it is. */
    readonly day?: { readonly path: string; readonly date: string };
  }
  | { readonly what: "merge_failed"; readonly path: string; readonly failure: FailedOperation }
  | {
    readonly what: "rolled";
    readonly path: string;
    readonly date: string;
    readonly rows: number;
    readonly bytesBefore: number;
    readonly bytes: number;
    readonly groups: number;
  }
  | { readonly what: "damaged"; readonly path: string; readonly why: string }
  | { readonly what: "roll_failed"; readonly failure: FailedOperation };

interface FailedOperation {
  readonly op: string;
  readonly path: string;
  readonly code: string;
  readonly hint: string;
}
