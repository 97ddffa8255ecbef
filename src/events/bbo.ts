import type { EventBase, EventType } from "./event_type.ts";
import { marketColumns } from "./market_columns.ts";

/** Best bid and offer. An absent side is an empty side of the book. */
export interface BboEvent extends EventBase {
  readonly updateId: number | undefined;
  readonly bidPrice: number | undefined;
  readonly bidSize: number | undefined;
  readonly askPrice: number | undefined;
  readonly askSize: number | undefined;
}

export const bbo: EventType<BboEvent> = {
  name: "bbo",
  version: 1,
  doc: "Best bid and offer, each change the venue publishes.",
  columns: marketColumns<BboEvent>([
    {
      field: "updateId",
      kind: "int64",
      isNullable: true,
      encoding: "delta",
      doc: "the venue's id of the book state; rises, need not be consecutive",
    },
    { field: "bidPrice", kind: "double", isNullable: true, encoding: "dictionary", doc: "best bid; null = no bids" },
    { field: "bidSize", kind: "double", isNullable: true, encoding: "plain", doc: "size at the best bid" },
    { field: "askPrice", kind: "double", isNullable: true, encoding: "dictionary", doc: "best offer; null = no offers" },
    { field: "askSize", kind: "double", isNullable: true, encoding: "plain", doc: "size at the best offer" },
  ]),
  sequenceKey: (event) => event.updateId === undefined ? undefined : [event.updateId, event.updateId],
};
