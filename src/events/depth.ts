import type { EventBase, EventType, Level, SequenceKey } from "./event_type.ts";
import { marketColumns } from "./market_columns.ts";

/** A change of the book, or the whole book where `isSnapshot`. Sizes are absolute; size 0 removes the level. */
export interface DepthEvent extends EventBase {
  readonly firstUpdateId: number | undefined;
  readonly lastUpdateId: number | undefined;
  readonly prevUpdateId: number | undefined;
  readonly isSnapshot: boolean;
  readonly bids: readonly Level[];
  readonly asks: readonly Level[];
}

export const depth: EventType<DepthEvent> = {
  name: "depth",
  version: 1,
  doc: "Order book changes and snapshots, one row a message of the venue.",
  columns: marketColumns<DepthEvent>([
    { field: "firstUpdateId", kind: "int64", isNullable: true, encoding: "delta", doc: "first update id the row covers" },
    { field: "lastUpdateId", kind: "int64", isNullable: true, encoding: "delta", doc: "last update id the row covers" },
    {
      field: "prevUpdateId",
      kind: "int64",
      isNullable: true,
      encoding: "delta",
      doc: "last update id of the message before, where the venue names it",
    },
    { field: "isSnapshot", kind: "boolean", isNullable: false, encoding: "rle", doc: "true: the row replaces the whole book" },
    {
      field: "bids",
      kind: "levels",
      isNullable: false,
      encoding: "dictionary",
      doc: "changed bid levels in the venue's order; size 0 removes the level",
    },
    {
      field: "asks",
      kind: "levels",
      isNullable: false,
      encoding: "dictionary",
      doc: "changed ask levels in the venue's order; size 0 removes the level",
    },
  ]),
  sequenceKey: depthKey,
};

/** The update ids a row covers; undefined where the venue numbers nothing. */
export function depthKey({ firstUpdateId, lastUpdateId }: Pick<DepthEvent, "firstUpdateId" | "lastUpdateId">): SequenceKey | undefined {
  return lastUpdateId === undefined ? undefined : [firstUpdateId ?? lastUpdateId, lastUpdateId];
}
