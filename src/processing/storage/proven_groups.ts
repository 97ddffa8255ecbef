import type { EventType } from "../../events/event_type.ts";
import { StorageError } from "../../lib/errors.ts";
import type { Compression } from "../../runtime/runtime.ts";
import { type EncodedGroups, type GroupEncoder, MAGIC } from "./parquet/encode.ts";
import { readGroup } from "./parquet/read_group.ts";
import { moved, type Rows } from "./rows.ts";
import { digestOf, RowDigest } from "./row_digest.ts";
import type { SealedTable } from "./table.ts";

interface Encoding {
  readonly encoder: GroupEncoder;
  readonly compression: Compression;
}

/**
 * Row groups for a day file, decoded again and compared row by row before a byte of them is written: what they take the place of is deleted
 * afterwards. Throws StorageError where they differ, which keeps the rows where they are.
 */
export function provenGroups(
  world: Encoding,
  type: EventType,
  path: string,
  rows: Rows,
  offset: number,
): EncodedGroups {
  const { groups, digest } = rows.encoded ?? encodedNow(world, type, rows.table());
  const encoded = moved(groups, offset - MAGIC.length);
  assertHolds(world.compression, type, path, encoded, offset, digest);
  return encoded;
}

function encodedNow({ encoder, compression }: Encoding, type: EventType, table: SealedTable) {
  return { groups: encoder.encode(type, table, MAGIC.length), digest: digestOf(compression, table) };
}

function assertHolds(
  compression: Compression,
  type: EventType,
  path: string,
  encoded: EncodedGroups,
  offset: number,
  digest: string,
): void {
  const written = new RowDigest(compression);
  const source = { readAt: (at: number, length: number) => encoded.bytes.subarray(at - offset, at - offset + length) };
  for (const group of encoded.groups) written.add(readGroup(type, source, group, compression));
  if (digest === String(written)) return;
  throw new StorageError({
    op: "encode rows of",
    path,
    code: "verify",
    hint: "They read back differently. This is a bug of Argus, or bad memory; the rows are kept.",
  });
}
