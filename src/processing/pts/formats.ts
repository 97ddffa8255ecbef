import { eventJson } from "../../events/event_json.ts";
import type { EventType } from "../../events/event_type.ts";
import { isoOf } from "../../lib/time.ts";
import type { Compression } from "../../runtime/runtime.ts";
import { type EncodedGroups, GroupEncoder, MAGIC } from "../storage/parquet/encode.ts";
import { metadataOf, trailer } from "../storage/parquet/footer.ts";
import { concatTables, type SealedColumn, type SealedTable } from "../storage/table.ts";
import { rowCount, type Slice } from "./range.ts";
import { TableRows } from "./table_rows.ts";

export const FORMATS = ["ndjson", "csv", "parquet"] as const;
export type Format = typeof FORMATS[number];

/** Rows as bytes: a head, a piece for each slice, an end. */
export interface Renderer {
  begin(): Uint8Array;
  slice(slice: Slice): Uint8Array;
  end(): Uint8Array;
}

const ENCODER = new TextEncoder();
const NONE = new Uint8Array(0);

export function rendererOf(format: Format, type: EventType, path: string, compression: Compression): Renderer {
  switch (format) {
    case "ndjson":
      return { begin: () => NONE, slice: (slice) => ENCODER.encode(linesOf(type, slice)), end: () => NONE };
    case "csv":
      return {
        begin: () => ENCODER.encode(`${type.columns.map(({ name }) => name).join(",")}\r\n`),
        slice: (slice) => ENCODER.encode(csvOf(type, slice)),
        end: () => NONE,
      };
    case "parquet":
      return new ParquetRenderer(type, path, compression);
  }
}

function linesOf(type: EventType, { table, rows }: Slice): string {
  const events = new TableRows(type, table);
  let text = "";
  for (const [from, to] of rows) for (let row = from; row < to; row++) text += `${eventJson(type, events.event(row))}\n`;
  return text;
}

/** RFC 4180. Lists of levels are JSON in one field; absent is nothing at all, an empty text is quoted. */
function csvOf(type: EventType, { table, rows }: Slice): string {
  const events = new TableRows(type, table);
  let text = "";
  for (const [from, to] of rows) {
    for (let row = from; row < to; row++) {
      const event = events.event(row) as unknown as Readonly<Record<string, unknown>>;
      text += `${type.columns.map(({ field, kind }) => cellOf(kind, event[field])).join(",")}\r\n`;
    }
  }
  return text;
}

function cellOf(kind: EventType["columns"][number]["kind"], value: unknown): string {
  if (value === undefined) return "";
  if (kind === "timestamp") return isoOf(value as number);
  const text = kind === "levels" ? JSON.stringify(value) : String(value);
  return text === "" || /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** A file of the columns of a day file; a row group a slice. */
class ParquetRenderer implements Renderer {
  readonly #type: EventType;
  readonly #path: string;
  readonly #encoder: GroupEncoder;
  readonly #groups: EncodedGroups["groups"][number][] = [];
  #offset = MAGIC.length;
  #rows = 0;

  constructor(type: EventType, path: string, compression: Compression) {
    this.#type = type;
    this.#path = path;
    this.#encoder = new GroupEncoder(compression);
  }

  begin(): Uint8Array {
    return MAGIC;
  }

  slice({ table, rows }: Slice): Uint8Array {
    const part = concatTables(this.#type, rows.map(([from, to]) => cut(table, from, to)));
    const encoded = this.#encoder.encode(this.#type, part, this.#offset);
    const bytes = encoded.bytes.slice();
    this.#groups.push(...encoded.groups);
    this.#offset += bytes.length;
    this.#rows += rowCount(rows);
    return bytes;
  }

  end(): Uint8Array {
    const keyValues = new Map([["argus.schema", `${this.#type.name}/${this.#type.version}`], ["argus.path", this.#path]]);
    return trailer(metadataOf(this.#type, { groups: this.#groups, rows: this.#rows }, keyValues));
  }
}

/** Rows of a table as a table of their own. */
function cut(table: SealedTable, from: number, to: number): SealedTable {
  return { rows: to - from, columns: table.columns.map((column) => cutColumn(column, from, to)) };
}

function cutColumn(column: SealedColumn, from: number, to: number): SealedColumn {
  switch (column.kind) {
    case "numbers":
      return { kind: "numbers", values: column.values.slice(from, to) };
    case "flags":
      return { kind: "flags", values: column.values.slice(from, to) };
    case "texts":
      return { kind: "texts", codes: column.codes.slice(from, to), values: column.values };
    case "levels": {
      const counts = column.counts.slice(from, to);
      const sum = (values: Uint32Array) => values.reduce((total, count) => total + count, 0);
      const first = sum(column.counts.subarray(0, from));
      const last = first + sum(counts);
      return { kind: "levels", counts, prices: column.prices.slice(first, last), sizes: column.sizes.slice(first, last) };
    }
  }
}
