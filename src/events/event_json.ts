import { unreachable } from "../lib/assert.ts";
import { isoOf } from "../lib/time.ts";
import type { Column, EventBase, EventType, Level } from "./event_type.ts";

/** An event as JSON: the column names of its files, times as ISO 8601 with µs, absent as null. */
export function eventJson(type: Pick<EventType, "columns">, event: EventBase): string {
  const fields = event as unknown as Readonly<Record<string, unknown>>;
  return `{${type.columns.map(({ name, field, kind }) => `"${name}":${valueJson(kind, fields[field])}`).join(",")}}`;
}

export function valueJson(kind: Column<never>["kind"], value: unknown): string {
  if (value === undefined) return "null";
  switch (kind) {
    case "timestamp":
      return `"${isoOf(value as number)}"`;
    case "int64":
    case "double":
    case "string":
    case "boolean":
      return JSON.stringify(value);
    case "levels":
      return `[${(value as readonly Level[]).map(([price, size]) => `{"price":${price},"size":${size}}`).join(",")}]`;
    default:
      return unreachable(kind);
  }
}
