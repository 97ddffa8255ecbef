import type { DiskFile } from "../../runtime/runtime.ts";
import { type FileEnd, fileEnd, KEY, lastWholeEnd, type StorageWorld } from "./day_file.ts";
import type { KnownEnd } from "./known_end.ts";
import { MAGIC } from "./parquet/encode.ts";
import { keyValuesOf, readMetadata, TRAILER_BYTES } from "./parquet/footer.ts";
import { Watermark } from "./watermark.ts";

const ZEROS_MIN = 64; // in a row: no page and no footer of ours has them, sectors that never reached the disk have
const CLAIMED_MAX = 100_000; // chunks of one append

/**
 * The file's end. Behind an append that a crash cut short it is the end before it, and the rest is cut off: its chunks still wait. What lies
 * behind the last whole end and is no torn append is damage, and nothing is cut off then: a text says so.
 */
export function mendedEnd(
  world: StorageWorld,
  file: DiskFile,
  isWaiting: (hash: string, chunk: number) => boolean,
  known: KnownEnd | undefined,
): { readonly end: FileEnd; readonly cutBytes: number } | string {
  const size = file.size();
  const end = fileEnd(world, file, size, known);
  if (end !== undefined) return { end, cutBytes: 0 };
  const found = lastWholeEnd(world, file, size);
  if (found === undefined) return "no end of it is whole";
  if (!isTornAppend(file.readAt(found.size, size - found.size), found.end, isWaiting)) return "its last append is not as it was written";
  file.truncate(found.size);
  file.sync();
  return { end: found.end, cutBytes: size - found.size };
}

/** Cut short by a kill, with sectors missing after a power cut, or whole but for rows whose chunks are all still there. */
function isTornAppend(tail: Uint8Array, { watermark }: FileEnd, isWaiting: (hash: string, chunk: number) => boolean): boolean {
  const claimed = watermarkIn(tail)?.beyond(watermark, CLAIMED_MAX);
  if (claimed !== undefined) return claimed.length > 0 && claimed.every(([hash, chunk]) => isWaiting(hash, chunk));
  const isToItsEnd = MAGIC.every((byte, i) => tail[tail.length - MAGIC.length + i] === byte);
  return !isToItsEnd || hasLostSector(tail);
}

/** What the footer says, whether or not its own CRC agrees. */
function watermarkIn(tail: Uint8Array): Watermark | undefined {
  if (tail.length < TRAILER_BYTES) return undefined;
  const length = new DataView(tail.buffer, tail.byteOffset + tail.length - TRAILER_BYTES).getUint32(0, true);
  if (length > tail.length - TRAILER_BYTES) return undefined;
  try {
    const metadata = readMetadata(tail.subarray(tail.length - TRAILER_BYTES - length, tail.length - TRAILER_BYTES));
    return Watermark.parse(keyValuesOf(metadata).get(KEY.merged) ?? "?");
  } catch {
    return undefined; // no footer
  }
}

function hasLostSector(tail: Uint8Array): boolean {
  let zeros = 0;
  for (const byte of tail) {
    zeros = byte === 0 ? zeros + 1 : 0;
    if (zeros >= ZEROS_MIN) return true;
  }
  return false;
}
