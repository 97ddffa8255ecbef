import type { Compression } from "../../runtime/runtime.ts";
import type { SealedColumn, SealedTable } from "./table.ts";

export function digestOf(compression: Pick<Compression, "crc32">, table: SealedTable): string {
  const digest = new RowDigest(compression);
  digest.add(table);
  return String(digest);
}

/** A digest of rows in their order, whatever groups they stand in: two files with the same one hold the same rows. */
export class RowDigest {
  readonly #crc32: Compression["crc32"];
  readonly #crcs: number[] = [];
  #rows = 0;

  constructor({ crc32 }: Pick<Compression, "crc32">) {
    this.#crc32 = crc32;
  }

  get rows(): number {
    return this.#rows;
  }

  add(table: SealedTable): void {
    this.#rows += table.rows;
    const streams = table.columns.flatMap((column) => this.#streams(column));
    for (const [i, bytes] of streams.entries()) this.#crcs[i] = this.#crc32(bytes, this.#crcs[i] ?? 0);
  }

  toString(): string {
    return `${this.#rows}:${this.#crcs.map((crc) => crc.toString(16)).join(".")}`;
  }

  /** Each as bytes that go on where those of the table before ended. */
  #streams(column: SealedColumn): Uint8Array[] {
    switch (column.kind) {
      case "numbers":
        return [bytesOf(column.values)];
      case "flags":
        return [column.values];
      case "texts": {
        // A code is a table's own; the text it stands for is not.
        const encoder = new TextEncoder();
        const named = Uint32Array.from([0, ...column.values.map((text) => this.#crc32(encoder.encode(`=${text}`)))]);
        const texts = new Uint32Array(column.codes.length);
        for (let i = 0; i < texts.length; i++) texts[i] = named[column.codes[i]!]!;
        return [bytesOf(texts)];
      }
      case "levels":
        return [bytesOf(column.counts), bytesOf(column.prices), bytesOf(column.sizes)];
    }
  }
}

function bytesOf({ buffer, byteOffset, byteLength }: Float64Array | Uint32Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}
