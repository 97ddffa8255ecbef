import * as fs from "node:fs";
import type { Column, EventBase, EventType } from "../src/events/event_type.ts";
import { EVENT_TYPES } from "../src/events/registry.ts";

/**
 * The data dictionary in docs/FORMAT.md, made from the event types. Prints it, or with `--write` puts it between its markers.
 * `tests/events/dictionary.test.ts` fails while the document says something else.
 */
export const COMMAND = "npx bun scripts/dictionary.ts --write";
export const DOCUMENT = new URL("../docs/FORMAT.md", import.meta.url);

const BEGIN = "<!-- dictionary:begin -->";
const END = "<!-- dictionary:end -->";

const TYPES: Readonly<Record<Column<EventBase>["kind"], string>> = {
  timestamp: "TIMESTAMP(µs, UTC)",
  int64: "INT64",
  double: "DOUBLE",
  string: "STRING",
  boolean: "BOOLEAN",
  levels: "LIST of STRUCT(`price` DOUBLE, `size` DOUBLE)",
};

const ENCODINGS: Readonly<Record<Column<EventBase>["encoding"], string>> = {
  delta: "DELTA_BINARY_PACKED",
  plain: "PLAIN",
  dictionary: "RLE_DICTIONARY",
  rle: "RLE",
};

export function dictionary(types: readonly EventType[]): string {
  return [...types].sort((a, b) => a.name < b.name ? -1 : 1).map(section).join("\n\n");
}

/** The document with today's dictionary between the markers, every other byte as it was. */
export function withDictionary(document: string, types: readonly EventType[]): string {
  const from = document.indexOf(BEGIN);
  const to = document.indexOf(END);
  if (from < 0 || to < from) throw new Error(`docs/FORMAT.md has no ${BEGIN} … ${END}: put both lines where the dictionary belongs.`);
  return `${document.slice(0, from + BEGIN.length)}\n\n${dictionary(types)}\n\n${document.slice(to)}`;
}

function section({ name, version, doc, columns }: EventType): string {
  const rows = columns.map((column) => [
    `\`${column.name}\``,
    TYPES[column.kind],
    column.isNullable ? "yes" : "",
    ENCODINGS[column.encoding],
    column.doc,
  ]);
  return `### \`${name}\` (version ${version})\n\n${doc}\n\n${table(["column", "type", "null", "encoding", "meaning"], rows)}`;
}

/** Padded as `deno fmt` does it, so that formatting the document changes nothing. */
function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((title, i) => Math.max(...[title, ...rows.map((row) => row[i]!)].map((cell) => cell.length), 3));
  const line = (cells: readonly string[]) => `| ${cells.map((cell, i) => cell.padEnd(widths[i]!)).join(" | ")} |`;
  return [line(head), line(widths.map((width) => "-".repeat(width))), ...rows.map(line)].join("\n");
}

if (import.meta.main) {
  const document = fs.readFileSync(DOCUMENT, "utf8");
  if (process.argv.includes("--write")) fs.writeFileSync(DOCUMENT, withDictionary(document, EVENT_TYPES));
  else console.log(dictionary(EVENT_TYPES));
}
