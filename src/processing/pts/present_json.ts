import { unreachable } from "../../lib/assert.ts";
import { ofBase64, toBase64 } from "../../lib/base64.ts";
import type { SealedColumn } from "../storage/table.ts";
import type { Present } from "./history_reader.ts";

/** What a recorder knows beside its files, as text for another process on the same machine: typed arrays as base64 of their bytes. */
export function presentJson(present: Present): string {
  return JSON.stringify(present, (_, value: unknown) => ArrayBuffer.isView(value) ? toBase64(bytesOf(value)) : value);
}

/** Throws for what `presentJson` did not write. */
export function presentOf(text: string): Present {
  const { isRecording, isUndelivered, memory } = JSON.parse(text) as Present;
  const tables = Object.entries(memory).map(([path, chunks]) =>
    [
      path,
      chunks.map(({ hash, chunk, table }) => ({
        hash,
        chunk,
        table: { rows: table.rows, columns: table.columns.map((column) => columnOf(column as unknown as TextColumn)) },
      })),
    ] as const
  );
  return { isRecording, isUndelivered, memory: Object.fromEntries(tables) };
}

/** A column whose typed arrays are text. */
type TextColumn =
  | { readonly kind: "numbers"; readonly values: string }
  | { readonly kind: "flags"; readonly values: string }
  | { readonly kind: "texts"; readonly codes: string; readonly values: readonly string[] }
  | { readonly kind: "levels"; readonly counts: string; readonly prices: string; readonly sizes: string };

function columnOf(column: TextColumn): SealedColumn {
  switch (column.kind) {
    case "numbers":
      return { kind: "numbers", values: doubles(column.values) };
    case "flags":
      return { kind: "flags", values: ofBase64(column.values) };
    case "texts":
      return { kind: "texts", codes: counts(column.codes), values: column.values };
    case "levels":
      return { kind: "levels", counts: counts(column.counts), prices: doubles(column.prices), sizes: doubles(column.sizes) };
    default:
      return unreachable(column);
  }
}

function doubles(text: string): Float64Array<ArrayBuffer> {
  return new Float64Array(ofBase64(text).buffer);
}

function counts(text: string): Uint32Array<ArrayBuffer> {
  return new Uint32Array(ofBase64(text).buffer);
}

function bytesOf(view: ArrayBufferView): Uint8Array {
  return new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
}
