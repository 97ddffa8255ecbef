import type { EventBase, EventType } from "./event_type.ts";
import { marketColumns } from "./market_columns.ts";

export type Side = "buy" | "sell";

/** One print. `side` is the aggressor: who took. */
export interface TradeEvent extends EventBase {
  readonly tradeId: number | undefined;
  /** The venue's id where it is no 63-bit integer. */
  readonly tradeKey: string | undefined;
  readonly price: number;
  readonly size: number;
  readonly side: Side | undefined;
}

export const trade: EventType<TradeEvent> = {
  name: "trade",
  version: 1,
  doc: "Trades, one row a fill.",
  columns: marketColumns<TradeEvent>([
    { field: "tradeId", kind: "int64", isNullable: true, encoding: "delta", doc: "the venue's trade id" },
    {
      field: "tradeKey",
      kind: "string",
      isNullable: true,
      encoding: "dictionary",
      doc: "the venue's id as text, where it is no 63-bit integer",
    },
    { field: "price", kind: "double", isNullable: false, encoding: "plain", doc: "price" },
    { field: "size", kind: "double", isNullable: false, encoding: "dictionary", doc: "size in the venue's unit (base asset on spot)" },
    {
      field: "side",
      kind: "string",
      isNullable: true,
      encoding: "dictionary",
      doc: "`buy` or `sell`: the aggressor; null = the venue does not say",
    },
  ]),
  sequenceKey: (event) => event.tradeId === undefined ? undefined : [event.tradeId, event.tradeId],
};
