import { unreachable } from "../lib/assert.ts";
import { isoOf } from "../lib/time.ts";
import type { Column, EventBase, EventType, Level } from "./event_type.ts";

const PLAIN = /^[\w.-]*$/; // nearly every text there is; needs no escaping

/** An event as JSON: the column names of its files, times as ISO 8601 with µs, absent as null. */
export function eventJson(type: Pick<EventType, "columns">, event: EventBase): string {
  const fields = event as unknown as Readonly<Record<string, unknown>>;
  let json = "";
  for (const { name, field, kind } of type.columns) json += `${json === "" ? "{" : ","}"${name}":${valueJson(kind, fields[field])}`;
  return `${json}}`;
}

export function valueJson(kind: Column<never>["kind"], value: unknown): string {
  if (value === undefined) return "null";
  switch (kind) {
    case "timestamp":
      return `"${isoOf(value as number)}"`;
    case "int64":
    case "double":
      return Number.isFinite(value) ? String(value) : "null";
    case "string":
      return PLAIN.test(value as string) ? `"${value}"` : JSON.stringify(value);
    case "boolean":
      return String(value);
    case "levels":
      return `[${(value as readonly Level[]).map(([price, size]) => `{"price":${price},"size":${size}}`).join(",")}]`;
    default:
      return unreachable(kind);
  }
}
