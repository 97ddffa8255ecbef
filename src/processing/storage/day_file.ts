/** socket ▸ worker ▸ codec ▸ router ▸ path ▸ buffer ▸ chunk ▸ [day file].  In: rows of one day. Out: a file any Parquet reader opens. */
import type { FileMetaData } from "hyparquet";
import type { EventType } from "../../events/event_type.ts";
import { partsOf } from "../../lib/stream_path.ts";
import { decodeSymbol } from "../../lib/symbol_name.ts";
import type { DiskFile, Runtime } from "../../runtime/runtime.ts";
import { type EncodedGroups, GroupEncoder, MAGIC } from "./parquet/encode.ts";
import { concatBytes, isEqual } from "../../lib/bytes.ts";
import { readsBackDifferently } from "./files.ts";
import { endAsKnown, type GroupSize, type KnownEnd, knownEnd, sizeOf } from "./known_end.ts";
import { isSealIntact, SEAL_KEY, sealFooter, UNSEALED } from "./parquet/footer_seal.ts";
import { keyValuesOf, metadataOf, readMetadata, splicedMetadata, trailer, TRAILER_BYTES } from "./parquet/footer.ts";
import { provenGroups } from "./proven_groups.ts";
import type { Rows } from "./rows.ts";
import type { SealedTable } from "./table.ts";
import { Watermark } from "./watermark.ts";

export const KEY = {
  schema: "argus.schema",
  source: "argus.source",
  symbol: "argus.symbol",
  writer: "argus.writer",
  merged: "argus.merged",
  /** `{offset}:{bytes}:{crc32}` of the row groups of the last append: after a power cut the footer may be on disk and they not. */
  appended: "argus.appended",
  /** `{bytes}:{crc32}` of everything before this footer, dead footers too. */
  content: "argus.content",
  /** How many rows there were when the day was rolled; more rows than that were added since. */
  rolled: "argus.rolled",
  /** CRC of this footer itself. */
  footer: SEAL_KEY,
} as const;

export interface StorageWorld extends Pick<Runtime, "disk" | "compression" | "clock"> {
  readonly encoder: GroupEncoder;
  /** Who writes, for `argus.writer`. */
  readonly writer: string;
}

export function storageWorld({ disk, compression, clock }: Pick<Runtime, "disk" | "compression" | "clock">, writer: string): StorageWorld {
  return { disk, compression, clock, encoder: new GroupEncoder(compression), writer };
}

/** Where a file's valid content ends, and what its footer says. */
export interface FileEnd {
  readonly metadataBytes: Uint8Array;
  readonly metadata: FileMetaData;
  readonly groups: readonly GroupSize[];
  readonly keyValues: ReadonlyMap<string, string>;
  readonly watermark: Watermark;
}

/** A whole new file around groups. `kept` are keys it takes over. */
export function newFile(
  world: StorageWorld,
  type: EventType,
  path: string,
  encoded: EncodedGroups,
  watermark: Watermark,
  kept: ReadonlyMap<string, string> = new Map(),
): { readonly bytes: Uint8Array; readonly end: KnownEnd } {
  const before = { bytes: MAGIC.length, crc: world.compression.crc32(MAGIC) };
  const keyValues = keyValuesFor(world, type, path, { encoded, before, watermark, kept });
  const footer = sealedTrailer(world, metadataOf(type, encoded, keyValues));
  const bytes = concatBytes([MAGIC, encoded.bytes, footer]);
  return { bytes, end: knownEnd(world.compression, bytes.length, footer, encoded.groups.map(sizeOf)) };
}

export function newFileBytes(world: StorageWorld, type: EventType, path: string, table: SealedTable, watermark: Watermark): Uint8Array {
  return newFile(world, type, path, world.encoder.encode(type, table, MAGIC.length), watermark).bytes;
}

/**
 * Appends rows: new groups and a new footer in one write behind the old footer, then sync, then a look at what is there. Nothing that was
 * valid is overwritten, so a reader sees the old file or the new one. The last `dropped` groups are no longer named: their rows are
 * among those added. Throws RangeError where the file's columns are not ours.
 */
export function appendRows(
  world: StorageWorld,
  file: DiskFile,
  end: FileEnd,
  type: EventType,
  path: string,
  added: Rows,
  watermark: Watermark,
  dropped = 0,
): KnownEnd {
  const offset = file.size();
  const encoded = provenGroups(world, type, path, added, offset);
  const crc = world.compression.crc32(trailer(end.metadataBytes), contentOf(end).crc);
  const keyValues = keyValuesFor(world, type, path, { encoded, before: { bytes: offset, crc }, watermark, kept: end.keyValues });
  const kept = end.groups.slice(0, end.groups.length - dropped);
  const rows = end.groups.slice(kept.length).reduce((sum, group) => sum + group.rows, 0);
  const metadata = splicedMetadata(end.metadataBytes, metadataOf(type, encoded, keyValues), { groups: dropped, rows });
  const footer = sealedTrailer(world, metadata);
  const bytes = concatBytes([encoded.bytes, footer]);
  file.append(bytes);
  try {
    file.sync();
  } catch (error) {
    file.truncate(offset); // the kernel may call the lost pages clean: only writing them again makes them durable
    throw error;
  }
  if (!isEqual(file.readAt(offset, bytes.length), bytes)) throw readsBackDifferently(path);
  return knownEnd(world.compression, offset + bytes.length, footer, [...kept, ...encoded.groups.map(sizeOf)]);
}

/** The footer at `size` of the file, if it is whole and everything it names is there. `known`: what we last saw there ourselves. */
export function fileEnd(world: StorageWorld, file: Pick<DiskFile, "readAt">, size: number, known?: KnownEnd): FileEnd | undefined {
  if (known?.size === size) {
    const end = endAsKnown(world.compression, file, known);
    if (end !== undefined) return end;
  }
  if (size < MAGIC.length + TRAILER_BYTES) return undefined;
  const tail = file.readAt(size - TRAILER_BYTES, TRAILER_BYTES);
  const length = new DataView(tail.buffer, tail.byteOffset).getUint32(0, true);
  const from = size - TRAILER_BYTES - length;
  if (!MAGIC.every((byte, i) => tail[4 + i] === byte) || from < MAGIC.length) return undefined;
  const metadataBytes = file.readAt(from, length);
  if (!isSealIntact(metadataBytes, (bytes) => world.compression.crc32(bytes))) return undefined;
  try {
    const metadata = readMetadata(metadataBytes);
    const keyValues = keyValuesOf(metadata);
    const watermark = Watermark.parse(keyValues.get(KEY.merged) ?? "?");
    if (
      watermark === undefined || endOfPages(metadata) > from || contentOf({ keyValues }).bytes !== from ||
      !isAppendWhole(world, file, keyValues, from)
    ) return undefined;
    return { metadataBytes, metadata, groups: metadata.row_groups.map(sizeOf), keyValues, watermark };
  } catch {
    return undefined; // whatever the reader stumbled over, this is no end of a file of ours
  }
}

const SEARCH_BYTES = 1 << 20; // an append is at most a few MB, so one or two reads find the end before it

/** The newest end before `size` that is whole: a torn append lies behind it. Undefined when there is none. */
export function lastWholeEnd(
  world: StorageWorld,
  file: DiskFile,
  size: number,
): { readonly size: number; readonly end: FileEnd } | undefined {
  for (let to = size; to > 0; to -= SEARCH_BYTES) {
    const from = Math.max(0, to - SEARCH_BYTES);
    const block = file.readAt(from, Math.min(size, to + MAGIC.length - 1) - from);
    for (let at = Math.min(block.length - MAGIC.length, to - from - 1); at >= 0; at--) {
      if (!MAGIC.every((byte, i) => block[at + i] === byte)) continue;
      const end = fileEnd(world, file, from + at + MAGIC.length);
      if (end !== undefined) return { size: from + at + MAGIC.length, end };
    }
  }
  return undefined;
}

/** Bytes from the beginning of a file, and their CRC. */
export interface Content {
  readonly bytes: number;
  readonly crc: number;
}

/** What the file must hold before its footer. */
export function contentOf({ keyValues }: Pick<FileEnd, "keyValues">): Content {
  const [bytes, crc] = (keyValues.get(KEY.content) ?? "").split(":");
  return { bytes: Number(bytes), crc: Number.parseInt(crc ?? "", 16) };
}

export function sealedTrailer({ compression }: StorageWorld, metadata: Uint8Array): Uint8Array {
  return trailer(sealFooter(metadata, (bytes) => compression.crc32(bytes)));
}

interface Appending {
  readonly encoded: EncodedGroups;
  /** What the file holds before the new groups. */
  readonly before: Content;
  readonly watermark: Watermark;
  readonly kept: ReadonlyMap<string, string>;
}

export function keyValuesFor(
  { compression, writer }: StorageWorld,
  type: EventType,
  path: string,
  { encoded, before, watermark, kept }: Appending,
): Map<string, string> {
  const { bytes } = encoded;
  const { source, symbol } = partsOf(path);
  return new Map([
    ...kept,
    [KEY.schema, `${type.name}/${type.version}`],
    [KEY.source, source],
    [KEY.symbol, decodeSymbol(symbol)],
    [KEY.writer, writer],
    [KEY.merged, watermark.toString()],
    [KEY.appended, `${before.bytes}:${bytes.length}:${compression.crc32(bytes).toString(16)}`],
    [KEY.content, `${before.bytes + bytes.length}:${compression.crc32(bytes, before.crc).toString(16)}`],
    [KEY.footer, UNSEALED],
  ]);
}

function endOfPages(metadata: FileMetaData): number {
  let end = 0;
  for (const { columns } of metadata.row_groups) {
    for (const { meta_data } of columns) {
      if (meta_data === undefined) return Infinity;
      const from = Number(meta_data.dictionary_page_offset ?? meta_data.data_page_offset);
      end = Math.max(end, from + Number(meta_data.total_compressed_size));
    }
  }
  return end;
}

function isAppendWhole(
  { compression }: StorageWorld,
  file: Pick<DiskFile, "readAt">,
  keyValues: ReadonlyMap<string, string>,
  from: number,
): boolean {
  const [offset, bytes, crc] = (keyValues.get(KEY.appended) ?? "").split(":");
  if (crc === undefined || Number(offset) + Number(bytes) > from) return false;
  return compression.crc32(file.readAt(Number(offset), Number(bytes))).toString(16) === crc;
}
