import type { EventType } from "../../events/event_type.ts";
import { StorageError } from "../../lib/errors.ts";
import type { Compression } from "../../runtime/runtime.ts";
import type { EncodedGroups, GroupEncoder } from "./parquet/encode.ts";
import { readGroup } from "./parquet/read_group.ts";
import { RowDigest } from "./row_digest.ts";
import type { SealedTable } from "./table.ts";

/**
 * Row groups for a day file, decoded again and compared row by row before a byte of them is written: what they take the place of is deleted
 * afterwards. Throws StorageError where they differ, which keeps the rows where they are.
 */
export function provenGroups(
  world: { readonly encoder: GroupEncoder; readonly compression: Compression },
  type: EventType,
  path: string,
  table: SealedTable,
  { offset, level }: { readonly offset: number; readonly level?: number },
): EncodedGroups {
  const encoded = world.encoder.encode(type, table, offset, level);
  const [given, written] = [new RowDigest(world.compression), new RowDigest(world.compression)];
  given.add(table);
  const source = { readAt: (at: number, length: number) => encoded.bytes.subarray(at - offset, at - offset + length) };
  for (const group of encoded.groups) written.add(readGroup(type, source, group, world.compression));
  if (String(given) === String(written)) return encoded;
  throw new StorageError({
    op: "encode rows of",
    path,
    code: "verify",
    hint: "They read back differently. This is a bug of Argus, or bad memory; the rows are kept.",
  });
}
