import type { FileMetaData } from "hyparquet";
import { StorageError } from "../../lib/errors.ts";
import { isoOf } from "../../lib/time.ts";
import type { Runtime } from "../../runtime/runtime.ts";
import { MAGIC } from "./parquet/encode.ts";
import { keyValuesOf, readMetadata, TRAILER_BYTES } from "./parquet/footer.ts";

export interface FileFacts {
  readonly file: string;
  readonly bytes: number;
  readonly rows: number;
  readonly rowGroups: number;
  readonly createdBy: string;
  readonly metadata: Readonly<Record<string, string>>;
  readonly columns: Readonly<Record<string, ColumnFacts>>;
  readonly groups: readonly GroupFacts[];
}

/** One row group; `from` and `to` are its least and greatest `recv_time`. */
export interface GroupFacts {
  readonly rows: number;
  readonly bytes: number;
  readonly from: string | undefined;
  readonly to: string | undefined;
}

export interface ColumnFacts {
  readonly type: string;
  readonly encodings: string;
  readonly codec: string;
  readonly bytes: number;
  readonly nulls: number | undefined;
  readonly min: string | undefined;
  readonly max: string | undefined;
}

/** What one Parquet file holds, from its footer; any Parquet file, not only ours. Throws StorageError for what is none. */
export function inspectFile({ disk }: Pick<Runtime, "disk">, path: string): FileFacts {
  const file = disk.open(path, "read");
  try {
    const metadata = metadataAtEnd(file.size(), (offset, length) => file.readAt(offset, length));
    if (typeof metadata === "string") throw new StorageError({ op: "inspect", path, code: "it is no Parquet file", hint: metadata });
    return {
      file: path,
      bytes: file.size(),
      rows: Number(metadata.num_rows),
      rowGroups: metadata.row_groups.length,
      createdBy: metadata.created_by ?? "",
      metadata: Object.fromEntries(keyValuesOf(metadata)),
      columns: columnsOf(metadata),
      groups: metadata.row_groups.map(groupOf),
    };
  } finally {
    file.close();
  }
}

/** The footer, or what is wrong with it. */
function metadataAtEnd(size: number, readAt: (offset: number, length: number) => Uint8Array): FileMetaData | string {
  if (size < MAGIC.length + TRAILER_BYTES) return `It has ${size} bytes; the smallest one has more.`;
  const tail = readAt(size - TRAILER_BYTES, TRAILER_BYTES);
  if (!MAGIC.every((byte, i) => tail[4 + i] === byte)) return "It does not end in PAR1: it is another format, or its end was cut off.";
  const length = new DataView(tail.buffer, tail.byteOffset).getUint32(0, true);
  if (length > size - MAGIC.length - TRAILER_BYTES) return `Its footer claims ${length} bytes, more than the file has.`;
  try {
    return readMetadata(readAt(size - TRAILER_BYTES - length, length));
  } catch (cause) {
    return `Its footer cannot be read: ${cause instanceof Error ? cause.message : String(cause)}.`;
  }
}

function groupOf({ num_rows, columns }: FileMetaData["row_groups"][number]): GroupFacts {
  const parts = columns.flatMap(({ meta_data }) => meta_data === undefined ? [] : [meta_data]);
  const times = parts.find(({ path_in_schema }) => path_in_schema.join(".") === "recv_time")?.statistics;
  const timeOf = (bound: unknown) => typeof bound === "bigint" ? isoOf(Number(bound)) : undefined;
  return {
    rows: Number(num_rows),
    bytes: parts.reduce((sum, { total_compressed_size }) => sum + Number(total_compressed_size), 0),
    from: timeOf(times?.min_value),
    to: timeOf(times?.max_value),
  };
}

function columnsOf(metadata: FileMetaData): Record<string, ColumnFacts> {
  const chunks = new Map<string, NonNullable<FileMetaData["row_groups"][number]["columns"][number]["meta_data"]>[]>();
  for (const { columns } of metadata.row_groups) {
    for (const { meta_data } of columns) {
      if (meta_data === undefined) continue;
      const name = meta_data.path_in_schema.join(".");
      chunks.set(name, [...chunks.get(name) ?? [], meta_data]);
    }
  }
  const logical = new Map(metadata.schema.map((element) => [element.name, element.logical_type?.type ?? element.converted_type]));
  return Object.fromEntries([...chunks].map(([name, parts]) => {
    const { type, codec, path_in_schema } = parts[0]!;
    const kind = path_in_schema.length === 1 ? logical.get(name) : undefined;
    const isTime = kind === "TIMESTAMP";
    const statistics = parts.map((part) => part.statistics);
    return [name, {
      type: kind === undefined ? type : `${type} ${kind}`,
      encodings: [...new Set(parts.flatMap((part) => part.encodings))].join(", "),
      codec,
      bytes: parts.reduce((sum, part) => sum + Number(part.total_compressed_size), 0),
      nulls: total(statistics.map((each) => each?.null_count)),
      min: extreme(statistics.map((each) => each?.min_value), (a, b) => a < b, isTime),
      max: extreme(statistics.map((each) => each?.max_value), (a, b) => a > b, isTime),
    }];
  }));
}

function total(counts: readonly (bigint | undefined)[]): number | undefined {
  return counts.some((count) => count === undefined) ? undefined : counts.reduce((sum: number, count) => sum + Number(count), 0);
}

type Bound = string | number | bigint;

function extreme(bounds: readonly unknown[], isBeyond: (a: Bound, b: Bound) => boolean, isTime: boolean): string | undefined {
  let best: Bound | undefined;
  for (const bound of bounds) {
    if (typeof bound !== "string" && typeof bound !== "number" && typeof bound !== "bigint") continue;
    if (best === undefined || isBeyond(bound, best)) best = bound;
  }
  return best === undefined ? undefined : isTime ? isoOf(Number(best)) : String(best);
}
