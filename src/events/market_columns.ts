import type { Column, EventBase } from "./event_type.ts";

type Spec<T> = Omit<Column<T>, "name">;

/** `lastUpdateId` → `last_update_id`: the one conversion between code and columns. */
export function snakeCase(field: string): string {
  return field.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

/** Where a type's own columns stand: between those that every event has. */
export const OWN_COLUMNS_FROM = 4;
export const OWN_COLUMNS_TO = -1;

/** The contract's frame around every market event: times, source and symbol before its own columns, origin after them. */
export function marketColumns<T extends EventBase>(own: readonly Spec<T>[]): Column<T>[] {
  const before: Spec<T>[] = [
    {
      field: "recvTime",
      kind: "timestamp",
      isNullable: false,
      encoding: "delta",
      doc: "when our socket had the frame (this machine's clock)",
    },
    {
      field: "eventTime",
      kind: "timestamp",
      isNullable: true,
      encoding: "delta",
      doc: "the venue's time of the event; null where it gives none",
    },
    { field: "source", kind: "string", isNullable: false, encoding: "dictionary", doc: "source id, e.g. `binance`" },
    { field: "symbol", kind: "string", isNullable: false, encoding: "dictionary", doc: "the venue's own symbol, upper case" },
  ];
  const after: Spec<T>[] = [
    { field: "origin", kind: "string", isNullable: false, encoding: "dictionary", doc: "`live`, `heal` (fetched later) or `snapshot`" },
  ];
  return [...before, ...own, ...after].map((spec) => ({ ...spec, name: snakeCase(spec.field) }));
}
