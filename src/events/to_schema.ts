import type { SchemaElement } from "hyparquet";
import { unreachable } from "../lib/assert.ts";
import type { Column, EventType } from "./event_type.ts";

/**
 * The explicit Parquet schema of an event type, in the depth-first order a footer lists it: the root, then every column, groups before
 * what they hold. Never inferred from values: a batch of whole sizes would become INT32, an empty one text.
 */
export function toSchema(type: Pick<EventType, "columns">): SchemaElement[] {
  return [{ name: "root", num_children: type.columns.length }, ...type.columns.flatMap(elementsOf)];
}

function elementsOf({ name, kind, isNullable }: Pick<Column<never>, "name" | "kind" | "isNullable">): SchemaElement[] {
  const repetition_type = isNullable ? "OPTIONAL" : "REQUIRED";
  switch (kind) {
    case "timestamp":
      return [{
        name,
        type: "INT64",
        repetition_type,
        converted_type: "TIMESTAMP_MICROS",
        logical_type: { type: "TIMESTAMP", isAdjustedToUTC: true, unit: "MICROS" },
      }];
    case "int64":
      return [{ name, type: "INT64", repetition_type }];
    case "double":
      return [{ name, type: "DOUBLE", repetition_type }];
    case "boolean":
      return [{ name, type: "BOOLEAN", repetition_type }];
    case "string":
      return [{ name, type: "BYTE_ARRAY", repetition_type, converted_type: "UTF8", logical_type: { type: "STRING" } }];
    case "levels":
      return [
        { name, repetition_type, num_children: 1, converted_type: "LIST", logical_type: { type: "LIST" } },
        { name: "list", repetition_type: "REPEATED", num_children: 1 },
        { name: "element", repetition_type: "REQUIRED", num_children: 2 },
        { name: "price", type: "DOUBLE", repetition_type: "REQUIRED" },
        { name: "size", type: "DOUBLE", repetition_type: "REQUIRED" },
      ];
    default:
      return unreachable(kind);
  }
}
