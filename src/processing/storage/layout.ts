import type { ColumnKind, EventType } from "../../events/event_type.ts";
import { OWN_COLUMNS_FROM, OWN_COLUMNS_TO } from "../../events/market_columns.ts";
import type { SealedColumn } from "./table.ts";

const SEALED_AS: Readonly<Record<ColumnKind, SealedColumn["kind"]>> = {
  timestamp: "numbers",
  int64: "numbers",
  double: "numbers",
  boolean: "flags",
  string: "texts",
  levels: "levels",
};

/** What the rows of a type consist of. One for all its streams. */
export interface Layout {
  readonly kinds: readonly SealedColumn["kind"][];
  /** How many columns are texts. */
  readonly texts: number;
  /** How many numbers a row has: everything else. */
  readonly width: number;
  /** Of the columns that no other type has. */
  readonly ownFields: readonly string[];
  readonly ownKinds: readonly SealedColumn["kind"][];
}

const layouts = new WeakMap<EventType, Layout>();

export function layoutOf(type: EventType): Layout {
  let layout = layouts.get(type);
  if (layout === undefined) layouts.set(type, layout = newLayout(type));
  return layout;
}

function newLayout({ columns }: EventType): Layout {
  const kinds = columns.map(({ kind }) => SEALED_AS[kind]);
  const texts = kinds.filter((kind) => kind === "texts").length;
  const own = columns.slice(OWN_COLUMNS_FROM, OWN_COLUMNS_TO);
  return {
    kinds,
    texts,
    width: kinds.length - texts,
    ownFields: own.map(({ field }) => field),
    ownKinds: own.map(({ kind }) => SEALED_AS[kind]),
  };
}
