import type { ColumnChunk, Encoding, ParquetType, Statistics } from "hyparquet";
import type { Compression } from "../../../runtime/runtime.ts";
import { concatBytes } from "../../../lib/bytes.ts";
import type { Bytes } from "./bytes.ts";
import { CODES } from "./thrift_codes.ts";
import { ThriftWriter } from "./thrift_writer.ts";

/** What stands before a page's values: nothing for a REQUIRED column. */
export interface Levels {
  readonly repetition: Uint8Array;
  readonly definition: Uint8Array;
  /** Slots, those without a value included. */
  readonly slots: number;
  readonly nulls: number;
  readonly rows: number;
}

export interface DataPage {
  readonly encoding: Encoding;
  readonly values: Uint8Array;
  readonly levels: Levels;
}

/** Where a column chunk goes: the end of `out`, which begins at `offset` of the file; and how hard zstd tries. */
export interface Place {
  readonly out: Bytes;
  readonly offset: number;
  readonly level: number;
}

export interface DictionaryPage {
  readonly count: number;
  /** Plain values. */
  readonly values: Uint8Array;
}

const SMALL_BYTES = 64; // names and runs of one value: the same bytes in group after group, and no level makes them smaller
const SMALL_KEPT_MAX = 4_096;

/** Writes column chunks: pages, behind a dictionary where there is one. Keeps the compressed form of small bodies, which come again and again. */
export class ChunkWriter {
  readonly #compression: Compression;
  readonly #small = new Map<string, Uint8Array>();

  constructor(compression: Compression) {
    this.#compression = compression;
  }

  write(
    place: Place,
    column: { readonly path: readonly string[]; readonly type: ParquetType; readonly statistics: Statistics },
    pages: readonly DataPage[],
    dictionary?: DictionaryPage,
  ): ColumnChunk {
    const { out, offset } = place;
    const from = out.length;
    const encodings: Encoding[] = [pages[0]!.encoding];
    let rawBytes = 0;
    if (dictionary !== undefined) {
      encodings.unshift("PLAIN");
      rawBytes += this.#dictionaryPage(place, dictionary);
    }
    const pageFrom = out.length;
    for (const page of pages) rawBytes += this.#dataPage(place, page);
    return {
      file_offset: BigInt(offset + from),
      meta_data: {
        type: column.type,
        encodings,
        path_in_schema: [...column.path],
        codec: "ZSTD",
        num_values: BigInt(pages.reduce((sum, { levels }) => sum + levels.slots, 0)),
        total_uncompressed_size: BigInt(rawBytes),
        total_compressed_size: BigInt(out.length - from),
        data_page_offset: BigInt(offset + pageFrom),
        ...(dictionary === undefined ? {} : { dictionary_page_offset: BigInt(offset + from) }),
        statistics: column.statistics,
      },
    };
  }

  #dictionaryPage({ out, level }: Place, { count, values }: DictionaryPage): number {
    const body = this.#compressed(values, level);
    return this.#page(out, values.length, [body], CODES.page.dictionary, (thrift) => {
      thrift.struct(7);
      thrift.i32(1, count);
      thrift.i32(2, CODES.encoding["PLAIN"]!);
    });
  }

  #dataPage({ out, level }: Place, { encoding, values, levels }: DataPage): number {
    const { repetition, definition, slots, nulls, rows } = levels;
    const body = this.#compressed(values, level);
    const rawBytes = repetition.length + definition.length + values.length;
    return this.#page(out, rawBytes, [repetition, definition, body], CODES.page.dataV2, (thrift) => {
      thrift.struct(8);
      thrift.i32(1, slots);
      thrift.i32(2, nulls);
      thrift.i32(3, rows);
      thrift.i32(4, CODES.encoding[encoding]!);
      thrift.i32(5, definition.length);
      thrift.i32(6, repetition.length);
    });
  }

  /** Header and parts; returns the size before compression, header included. The CRC covers what zstd's checksum does not: the levels. */
  #page(out: Bytes, rawBytes: number, parts: readonly Uint8Array[], kind: number, ownFields: (thrift: ThriftWriter) => void): number {
    const headerAt = out.length;
    const thrift = new ThriftWriter(out);
    thrift.i32(1, kind);
    thrift.i32(2, rawBytes);
    thrift.i32(3, parts.reduce((sum, part) => sum + part.length, 0));
    thrift.i32(4, this.#crc(parts));
    ownFields(thrift);
    thrift.end();
    thrift.end();
    const headerBytes = out.length - headerAt;
    for (const part of parts) out.append(part);
    return headerBytes + rawBytes;
  }

  #crc(parts: readonly Uint8Array[]): number {
    const filled = parts.filter((part) => part.length > 0);
    return this.#compression.crc32(filled.length === 1 ? filled[0]! : concatBytes(filled)) | 0; // the footer's i32 is signed
  }

  #compressed(raw: Uint8Array, level: number): Uint8Array {
    if (raw.length > SMALL_BYTES) return this.#compression.zstd(raw, level);
    const key = String.fromCharCode(...raw);
    let kept = this.#small.get(key);
    if (kept === undefined) {
      if (this.#small.size >= SMALL_KEPT_MAX) this.#small.clear();
      this.#small.set(key, kept = this.#compression.zstd(raw, level).slice());
    }
    return kept;
  }
}
