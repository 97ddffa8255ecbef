import type { EventBase, EventType } from "./event_type.ts";
import { marketColumns } from "./market_columns.ts";

/** A symbol as the venue lists it, when that was first seen and whenever it changed. */
export interface InstrumentEvent extends EventBase {
  readonly base: string;
  readonly quote: string;
  readonly kind: string;
  /** The venue's own word. */
  readonly status: string;
  readonly tickSize: number | undefined;
  readonly lotSize: number | undefined;
  readonly contractSize: number | undefined;
  readonly expiry: number | undefined;
  readonly change: InstrumentChange;
}

/** `seen` it was there when the recorder began · `listed` it came · `changed` its description did · `delisted` it went. */
export type InstrumentChange = "seen" | "listed" | "changed" | "delisted";

export const instrument: EventType<InstrumentEvent> = {
  name: "instrument",
  version: 1,
  doc: "The universe as rows: what the venue lists, and each change of it.",
  columns: marketColumns<InstrumentEvent>([
    { field: "base", kind: "string", isNullable: false, encoding: "dictionary", doc: "what is traded" },
    { field: "quote", kind: "string", isNullable: false, encoding: "dictionary", doc: "what it is paid in" },
    { field: "kind", kind: "string", isNullable: false, encoding: "dictionary", doc: "`spot`, a kind of future, …" },
    { field: "status", kind: "string", isNullable: false, encoding: "dictionary", doc: "the venue's own word" },
    { field: "tickSize", kind: "double", isNullable: true, encoding: "plain", doc: "smallest step of the price" },
    { field: "lotSize", kind: "double", isNullable: true, encoding: "plain", doc: "smallest step of the size" },
    { field: "contractSize", kind: "double", isNullable: true, encoding: "plain", doc: "what one contract stands for" },
    { field: "expiry", kind: "timestamp", isNullable: true, encoding: "delta", doc: "when it ends, where it does" },
    { field: "change", kind: "string", isNullable: false, encoding: "dictionary", doc: "`seen`, `listed`, `changed`, `delisted`" },
  ]),
  sequenceKey: () => undefined,
};
