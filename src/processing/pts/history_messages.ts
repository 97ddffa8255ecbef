import type { Format } from "./formats.ts";
import type { Present } from "./history_reader.ts";

/** A range of a path: received from `from` up to `to`, µs, `limit` at most. */
export interface EventsQuery {
  readonly path: string;
  readonly from: number;
  readonly to: number;
  readonly limit: number;
  readonly format: Format;
}

/** What the socket's thread asks the history thread. */
export type ToHistory =
  | {
    readonly kind: "as_of";
    readonly request: number;
    readonly dataPath: string;
    readonly path: string;
    readonly at: number;
    readonly levels: number;
    readonly present: Present;
  }
  | (EventsQuery & { readonly kind: "events"; readonly request: number; readonly dataPath: string; readonly present: Present })
  /** The last `days` days of every source, up to `now`. */
  | { readonly kind: "completeness"; readonly request: number; readonly dataPath: string; readonly now: number; readonly days: number }
  /** The next piece of those events. */
  | { readonly kind: "next"; readonly request: number }
  /** Nobody wants the rest. */
  | { readonly kind: "close"; readonly request: number };

/** What it answers. */
export type FromHistory =
  | { readonly kind: "answer"; readonly request: number; readonly text: string }
  /** What the events that follow lack, as JSON. */
  | { readonly kind: "begun"; readonly request: number; readonly lacks: string }
  | { readonly kind: "piece"; readonly request: number; readonly bytes: Uint8Array<ArrayBuffer>; readonly isLast: boolean }
  | { readonly kind: "failed"; readonly request: number; readonly message: string; readonly hint: string };
