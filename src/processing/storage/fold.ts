import { GROUP_LEVELS_MAX, GROUP_ROWS_MAX } from "./parquet/encode.ts";
import { type GroupSize, sizeOf } from "./known_end.ts";
import type { Rows } from "./rows.ts";
import type { SealedTable } from "./table.ts";

/** How full a row group is, by rows or by levels. */
type Fill = number;

const SEALED: Fill = 100_000 / GROUP_ROWS_MAX; // as full as this it is never encoded again before the day's roll
const FAN_OUT = 16;
const SMALL_FACTOR = FAN_OUT / 2; // groups of about the new one's size are its neighbours, not what neighbours were folded into
const GROUPS_MAX = 32; // of a file that grows: every append writes the names of all of them again

/**
 * Size-tiered compaction: how many groups at the end of a file a new one takes in. Every row is encoded again about twice before the roll
 * (once with its fifteen neighbours, once when 131,072 rows are together), and a merge decodes less than one full group. A file has at
 * most 32 groups, or one for each 100,000 rows and 16 more.
 */
export function foldCount(groups: readonly GroupSize[], added: Rows): number {
  const fills = groups.map(fillOfGroup);
  const own = fillOfRows(added);
  const tail = fills.slice(fills.findLastIndex((fill) => fill >= SEALED) + 1);
  if (tail.reduce((sum, fill) => sum + fill, own) >= 1) return tail.length;
  const small = tail.length - 1 - tail.findLastIndex((fill) => fill >= SMALL_FACTOR * own);
  if (small >= FAN_OUT - 1) return small;
  const sealed = fills.length - tail.length;
  return fills.length + 1 > Math.max(GROUPS_MAX, sealed + FAN_OUT) ? tail.length : 0;
}

function fillOfGroup({ rows, values }: GroupSize): Fill {
  return Math.max(rows / GROUP_ROWS_MAX, values / GROUP_LEVELS_MAX);
}

export function fillOfRows(rows: Rows): Fill {
  const groups = rows.encoded?.groups.groups;
  return groups === undefined ? fillOfTable(rows.table()) : groups.reduce((sum, group) => sum + fillOfGroup(sizeOf(group)), 0);
}

export function fillOfTable({ rows, columns }: SealedTable): Fill {
  const levels = columns.reduce((most, column) => column.kind === "levels" ? Math.max(most, column.prices.length) : most, 0);
  return Math.max(rows / GROUP_ROWS_MAX, levels / GROUP_LEVELS_MAX);
}
