import type { DiskFile } from "../../runtime/runtime.ts";
import { type Content, contentOf, type FileEnd, type StorageWorld } from "./day_file.ts";

const BLOCK_BYTES = 4 << 20; // two milliseconds of CRC

/** Is everything before the footer as it was written, dead bytes too? Reads all of it. */
export function isContentIntact(world: Pick<StorageWorld, "compression">, file: Pick<DiskFile, "readAt">, end: FileEnd): boolean {
  let seen: Content = { bytes: 0, crc: 0 };
  while (seen.bytes < contentOf(end).bytes) seen = nextContent(world, file, end, seen);
  return seen.crc === contentOf(end).crc;
}

/** One block further: whoever has other work in between calls this. */
export function nextContent(
  { compression }: Pick<StorageWorld, "compression">,
  file: Pick<DiskFile, "readAt">,
  end: FileEnd,
  { bytes, crc }: Content,
): Content {
  const block = file.readAt(bytes, Math.min(BLOCK_BYTES, contentOf(end).bytes - bytes));
  return { bytes: bytes + block.length, crc: compression.crc32(block, crc) };
}
