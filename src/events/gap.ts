import type { EventBase, EventType } from "./event_type.ts";
import { marketColumns } from "./market_columns.ts";

/** What is missing from a stream. Loss is data: a hole is a row, and what became of it another. */
export interface GapEvent extends EventBase {
  readonly dataType: string;
  /** Last sequence number before the hole; absent where nothing is known to its left (the recorder began). */
  readonly afterId: number | undefined;
  /** First sequence number after it; absent where nothing followed. */
  readonly beforeId: number | undefined;
  /** How many events or ids are missing, where the venue numbers them one by one. */
  readonly missing: number | undefined;
  /** Receive times of what stands on both sides, µs; with nothing to its left, since when somebody should have listened. */
  readonly fromTime: number;
  readonly toTime: number;
  readonly reason: GapReason;
  readonly outcome: GapOutcome;
  readonly healedRows: number;
}

/**
 * `start` the recorder began here · `listed` the symbol came since the universe was last read · `sequence` the venue's rule proves it ·
 * `disconnect` for a while no socket carried the stream, and its ids do not say whether anything was sent · `damaged` rows were stored, and
 * the day file they are in was found damaged and put beside a new one ·
 * `journal` rows were received, and their only copy was damaged when the recorder was cut off.
 */
export type GapReason = "start" | "listed" | "sequence" | "disconnect" | "damaged" | "journal";

/** `open` seen, not yet settled · `healed` fetched, all of it · `resnapshot` the book was fetched anew, what lay between is lost · `unhealable`. */
export type GapOutcome = "open" | "healed" | "resnapshot" | "unhealable";

export const gap: EventType<GapEvent> = {
  name: "gap",
  version: 1,
  doc: "What is missing from a stream: one row when a hole is seen, one when it is settled.",
  columns: marketColumns<GapEvent>([
    { field: "dataType", kind: "string", isNullable: false, encoding: "dictionary", doc: "of the stream with the hole, e.g. `trade`" },
    {
      field: "afterId",
      kind: "int64",
      isNullable: true,
      encoding: "delta",
      doc: "last sequence number before the hole; null = nothing is known to its left",
    },
    {
      field: "beforeId",
      kind: "int64",
      isNullable: true,
      encoding: "delta",
      doc: "first sequence number after the hole; null = nothing followed",
    },
    {
      field: "missing",
      kind: "int64",
      isNullable: true,
      encoding: "delta",
      doc: "how many ids lie between, where the venue numbers one by one",
    },
    { field: "fromTime", kind: "timestamp", isNullable: false, encoding: "delta", doc: "receive time of what stands before the hole" },
    { field: "toTime", kind: "timestamp", isNullable: false, encoding: "delta", doc: "receive time of what stands after it" },
    {
      field: "reason",
      kind: "string",
      isNullable: false,
      encoding: "dictionary",
      doc: "`start`, `listed`, `sequence`, `disconnect`, `damaged` or `journal`",
    },
    {
      field: "outcome",
      kind: "string",
      isNullable: false,
      encoding: "dictionary",
      doc: "`open`, then `healed`, `resnapshot` or `unhealable`",
    },
    { field: "healedRows", kind: "int64", isNullable: false, encoding: "delta", doc: "rows fetched to fill it, so far" },
  ]),
  sequenceKey: () => undefined,
};
