import type { RowGroup } from "hyparquet";
import type { Compression, DiskFile } from "../../runtime/runtime.ts";
import type { FileEnd } from "./day_file.ts";
import { keyValuesIn, readMetadata, TRAILER_BYTES } from "./parquet/footer.ts";
import { Watermark } from "./watermark.ts";

/** What is asked of a row group to decide what becomes of it. */
export interface GroupSize {
  readonly rows: number;
  /** Of the column that has most; a list has one for each element. */
  readonly values: number;
  readonly bytes: number;
}

/**
 * A file's end as we wrote it and read it back. While the file ends so, nothing else needs to be looked at to add to it: parsing a footer of
 * sixteen groups costs as much CPU as encoding a thousand rows. Small, because there are thousands of them.
 */
export interface KnownEnd {
  readonly size: number;
  /** Length and CRC-32 of the footer, with its own length and the magic. */
  readonly footerBytes: number;
  readonly crc: number;
  readonly groups: readonly GroupSize[];
}

export function knownEnd({ crc32 }: Compression, size: number, footer: Uint8Array, groups: readonly GroupSize[]): KnownEnd {
  return { size, footerBytes: footer.length, crc: crc32(footer), groups };
}

export function sizeOf({ num_rows, columns, total_compressed_size }: RowGroup): GroupSize {
  let values = 0;
  for (const { meta_data } of columns) values = Math.max(values, Number(meta_data?.num_values ?? 0));
  return { rows: Number(num_rows), values, bytes: Number(total_compressed_size ?? 0) };
}

/** Undefined where the file does not end as it did; of its groups only the sizes are known until somebody asks for more. */
export function endAsKnown(
  { crc32 }: Compression,
  file: Pick<DiskFile, "readAt">,
  { size, footerBytes, crc, groups }: KnownEnd,
): FileEnd | undefined {
  const footer = file.readAt(size - footerBytes, footerBytes);
  if (crc32(footer) !== crc) return undefined;
  const metadataBytes = footer.subarray(0, footerBytes - TRAILER_BYTES);
  const keyValues = keyValuesIn(metadataBytes);
  let metadata: FileEnd["metadata"] | undefined;
  return {
    metadataBytes,
    groups,
    keyValues,
    watermark: Watermark.parse(keyValues.get("argus.merged")!)!,
    get metadata() {
      return metadata ??= readMetadata(metadataBytes);
    },
  };
}
