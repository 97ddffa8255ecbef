import type { ColumnChunk, Encoding, PageHeader, ParquetType, Statistics } from "hyparquet";
import { ByteWriter } from "hyparquet-writer/src/bytewriter.js";
import { writePageHeader } from "hyparquet-writer/src/datapage.js";
import type { Compression } from "../../../runtime/runtime.ts";
import { concatBytes } from "../../../lib/bytes.ts";
import type { Bytes } from "./bytes.ts";

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
    return this.#page(out, values.length, [body], {
      type: "DICTIONARY_PAGE",
      dictionary_page_header: { num_values: count, encoding: "PLAIN", is_sorted: false },
    });
  }

  #dataPage({ out, level }: Place, { encoding, values, levels }: DataPage): number {
    const { repetition, definition, slots, nulls, rows } = levels;
    const body = this.#compressed(values, level);
    return this.#page(out, repetition.length + definition.length + values.length, [repetition, definition, body], {
      type: "DATA_PAGE_V2",
      data_page_header_v2: {
        num_values: slots,
        num_nulls: nulls,
        num_rows: rows,
        encoding,
        definition_levels_byte_length: definition.length,
        repetition_levels_byte_length: repetition.length,
        is_compressed: true,
      },
    });
  }

  /** Header and parts; returns the size before compression, header included. The CRC covers what zstd's checksum does not: the levels. */
  #page(
    out: Bytes,
    rawBytes: number,
    parts: readonly Uint8Array[],
    header: Omit<PageHeader, "uncompressed_page_size" | "compressed_page_size">,
  ): number {
    const headerAt = out.length;
    const writer = new ByteWriter(64);
    const bytes = parts.reduce((sum, part) => sum + part.length, 0);
    writePageHeader(writer, { ...header, crc: this.#crc(parts), uncompressed_page_size: rawBytes, compressed_page_size: bytes });
    out.append(writer.getBytes());
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
