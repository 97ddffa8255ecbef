import type { RowGroup } from "hyparquet";
import type { EventType } from "../../events/event_type.ts";
import type { Compression } from "../../runtime/runtime.ts";
import { type EncodedGroups, MAGIC } from "./parquet/encode.ts";
import { bytesSource, readGroup } from "./parquet/read_group.ts";
import { concatTables, type SealedTable } from "./table.ts";

/** Rows on their way into a day file. Those of a chunk of this process are encoded already, and stay so where they go in by themselves. */
export interface Rows {
  readonly count: number;
  /** Groups at the begin of a file, behind the magic, and the digest of the rows they were made of. */
  readonly encoded?: { readonly groups: EncodedGroups; readonly digest: string };
  table(): SealedTable;
}

export function rowsOfTable(table: SealedTable): Rows {
  return { count: table.rows, table: () => table };
}

export function rowsOfGroups(type: EventType, compression: Compression, groups: EncodedGroups, digest: string): Rows {
  const file = bytesSource(groups.bytes);
  const source = { readAt: (at: number, length: number) => file.readAt(at - MAGIC.length, length) };
  const table = () => concatTables(type, groups.groups.map((group) => readGroup(type, source, group, compression)));
  return { count: groups.rows, encoded: { groups, digest }, table };
}

/** One below the other. */
export function rowsTogether(type: EventType, parts: readonly Rows[]): Rows {
  if (parts.length === 1) return parts[0]!;
  let whole: SealedTable | undefined;
  const count = parts.reduce((sum, part) => sum + part.count, 0);
  return { count, table: () => whole ??= concatTables(type, parts.map((part) => part.table())) };
}

/** The same groups, to be written so many bytes further on. */
export function moved({ bytes, groups, rows }: EncodedGroups, by: number): EncodedGroups {
  return by === 0 ? { bytes, groups, rows } : { bytes, groups: groups.map((group) => movedGroup(group, BigInt(by))), rows };
}

function movedGroup(group: RowGroup, by: bigint): RowGroup {
  return {
    ...group,
    file_offset: group.file_offset! + by,
    columns: group.columns.map(({ file_offset, meta_data, ...rest }) => ({
      ...rest,
      file_offset: file_offset + by,
      meta_data: {
        ...meta_data!,
        data_page_offset: meta_data!.data_page_offset + by,
        ...(meta_data!.dictionary_page_offset === undefined ? {} : { dictionary_page_offset: meta_data!.dictionary_page_offset + by }),
      },
    })),
  };
}
