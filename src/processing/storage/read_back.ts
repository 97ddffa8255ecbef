import { StorageError } from "../../lib/errors.ts";
import { fileEnd, type StorageWorld } from "./day_file.ts";

/**
 * Looks at a day file as a reader does: only what is really there lets its chunks and their journal go. Throws StorageError otherwise; the
 * rows stay where they are.
 */
export function readBack(world: StorageWorld, path: string, hash: string, chunks: readonly number[]): void {
  const file = world.disk.open(path, "read");
  try {
    const end = fileEnd(world, file, file.size());
    if (end !== undefined && chunks.every((chunk) => end.watermark.has(hash, chunk))) return;
  } finally {
    file.close();
  }
  throw new StorageError({ op: "read back", path, code: "storage", hint: "It does not hold what was just written: is the disk sound?" });
}
