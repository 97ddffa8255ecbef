import type { DiskFile } from "../../runtime/runtime.ts";
import { type Content, contentOf, type FileEnd, type StorageWorld } from "./day_file.ts";

const BLOCK_BYTES = 16 << 20; // ten milliseconds of CRC; a disk may take a tenth of a second

/** One block further towards everything before the footer, dead bytes too. */
export function nextContent(
  { compression }: Pick<StorageWorld, "compression">,
  file: Pick<DiskFile, "readAt">,
  end: FileEnd,
  { bytes, crc }: Content,
  blockBytes: number = BLOCK_BYTES,
): Content {
  const block = file.readAt(bytes, Math.min(blockBytes, contentOf(end).bytes - bytes));
  return { bytes: bytes + block.length, crc: compression.crc32(block, crc) };
}
