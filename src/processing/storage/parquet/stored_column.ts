import type { ColumnMetaData } from "hyparquet";
import type { Compression } from "../../../runtime/runtime.ts";
import { type PageHeader, pageHeaderAt } from "./page_header.ts";
import { bodyOf, doubles, joinedLeaf, type Leaf, leafOf, textsOf } from "./read_column.ts";

/** Anything bytes can be read of at an offset: a file, or the bytes of one. */
export interface ByteSource {
  readAt(offset: number, length: number): Uint8Array;
}

interface StoredPage {
  readonly header: PageHeader;
  /** Where its bytes begin, behind the header. */
  readonly at: number;
}

const HEADER_BYTES_MAX = 128; // ours take 30 to 60

/**
 * A column chunk as our writer makes them: data pages, behind a dictionary where values repeat. Opening it reads the headers; a page is read
 * when it is asked for. Throws RangeError, or what zstd throws, for what is not whole; every page is checked against its CRC, which covers
 * the levels too.
 */
export class StoredColumn {
  readonly #metadata: ColumnMetaData;
  readonly #compression: Compression;
  readonly #pages: StoredPage[] = [];
  #dictionary: StoredPage | undefined;
  #doubles: Float64Array<ArrayBuffer> | undefined;

  constructor(source: ByteSource, metadata: ColumnMetaData, rows: number, compression: Compression) {
    this.#metadata = metadata;
    this.#compression = compression;
    const { from, end } = placeOf(metadata);
    for (let at = from; at < end;) {
      const header = pageHeaderAt(source.readAt(at, Math.min(HEADER_BYTES_MAX, end - at)), 0);
      const page = { header, at: at + header.bytes };
      if (header.kind === "dictionary") this.#dictionary = page;
      else this.#pages.push(page);
      at = page.at + header.storedBytes;
      if (at > end) throw new RangeError("a page reaches beyond its column");
    }
    this.#assertAgrees(rows);
  }

  get pages(): readonly PageHeader[] {
    return this.#pages.map(({ header }) => header);
  }

  page(source: ByteSource, index: number): Leaf {
    const page = this.#pages[index]!;
    return leafOf(this.#metadata.type, page.header, this.#stored(source, page), this.#compression, {
      doubles: () => this.#doubles ??= doubles(...this.#dictionaryIn(source)),
      texts: () => textsOf(...this.#dictionaryIn(source)),
    });
  }

  whole(source: ByteSource): Leaf {
    return joinedLeaf(this.#pages.map((_, index) => this.page(source, index)));
  }

  #dictionaryIn(source: ByteSource): [raw: Uint8Array, count: number] {
    if (this.#dictionary === undefined) throw new RangeError("a dictionary is missing");
    const { header } = this.#dictionary;
    return [bodyOf(header, this.#stored(source, this.#dictionary), this.#compression), header.slots];
  }

  #stored(source: ByteSource, { header, at }: StoredPage): Uint8Array {
    const stored = source.readAt(at, header.storedBytes);
    if (stored.length < header.storedBytes) throw new RangeError("a page reaches beyond its file");
    if (header.crc !== undefined && this.#compression.crc32(stored) !== header.crc) throw new RangeError("a page is not as it was written");
    return stored;
  }

  /** A page's header has no checksum of its own: what the footer, which has one, says too must be the same. */
  #assertAgrees(rows: number): void {
    const { num_values, statistics, encodings } = this.#metadata;
    const headers = this.#pages.map(({ header }) => header);
    const sum = (of: (header: PageHeader) => number) => headers.reduce((total, header) => total + of(header), 0);
    const nulls = sum((header) => header.nulls);
    const isAgreed = sum((header) => header.slots) === Number(num_values) && sum((header) => header.rows) === rows &&
      Number(statistics?.null_count ?? nulls) === nulls &&
      headers.every((header) =>
        encodings.includes(header.encoding) && (header.isCompressed || header.rawBytes === header.storedBytes) &&
        (header.nulls === 0 || header.definitionBytes > 0)
      );
    if (!isAgreed) throw new RangeError("a page's header and the footer disagree");
  }
}

/** A column chunk at once, its bytes read in one piece. */
export function readLeaf(source: ByteSource, metadata: ColumnMetaData, rows: number, compression: Compression): Leaf {
  const { from, end } = placeOf(metadata);
  const bytes = source.readAt(from, end - from);
  const pieces = { readAt: (offset: number, length: number) => bytes.subarray(offset - from, offset - from + length) };
  return new StoredColumn(pieces, metadata, rows, compression).whole(pieces);
}

function placeOf(metadata: ColumnMetaData): { readonly from: number; readonly end: number } {
  const from = Number(metadata.dictionary_page_offset ?? metadata.data_page_offset);
  return { from, end: from + Number(metadata.total_compressed_size) };
}
