import type { FileMetaData, RowGroup, Statistics } from "hyparquet";
import type { EventType } from "../../events/event_type.ts";
import { Lru } from "../../lib/lru.ts";
import type { DiskFile, DiskStat } from "../../runtime/runtime.ts";
import { fileEnd, lastWholeEnd, type StorageWorld } from "../storage/day_file.ts";
import { readChunk } from "../storage/chunk_file.ts";
import { type ChunkId, chunkPath } from "../storage/paths.ts";
import { readColumn } from "../storage/parquet/read_group.ts";
import { StoredLists } from "../storage/parquet/read_lists.ts";
import { bytesOfDoubles, type Doubles, type PagedLists } from "../storage/level_lists.ts";
import { bytesOf, type SealedColumn, type SealedTable } from "../storage/table.ts";
import type { Watermark } from "../storage/watermark.ts";
import type { Part, Range } from "./part.ts";

/** A day file at one moment: its parts, and which chunks are in them. Open until `close`, so that a file put in its place harms nobody. */
export interface DayParts {
  readonly parts: readonly Part[];
  readonly watermark: Watermark;
  close(): void;
}

interface Footer {
  readonly metadata: FileMetaData;
  readonly watermark: Watermark;
}

const FOOTER_BYTES_MAX = 32 * 1024 * 1024; // footers decoded, by their size in the file: a few hundred busy days
const COLUMN_BYTES_MAX = 48 * 1024 * 1024; // decoded: half an hour of a whole venue's quotes, or half a day of one symbol
const PAGE_BYTES_MAX = 48 * 1024 * 1024; // of books: two hours of a busy one
const LISTS_KEPT = 256; // each with its dictionary, some 100 KB
const CHUNK_BYTES_MAX = 32 * 1024 * 1024;
const OBJECTS = 8; // a decoded footer takes several times its bytes

/** Opens day files and keeps what it decoded of them last. */
export class DayFileReader {
  readonly #world: StorageWorld;
  readonly #footers = new Lru<Footer>(FOOTER_BYTES_MAX);
  readonly #columns = new Lru<SealedColumn>(COLUMN_BYTES_MAX);
  readonly #lists = new Lru<StoredLists>(LISTS_KEPT);
  readonly #pages = new Lru<Doubles>(PAGE_BYTES_MAX);
  readonly #chunks = new Lru<SealedTable>(CHUNK_BYTES_MAX);

  constructor(world: StorageWorld) {
    this.#world = world;
  }

  /** Undefined where no part of the file is whole. Throws StorageError where there is none or the disk refuses. */
  open(type: EventType, path: string): DayParts | undefined {
    const { file, stat } = this.#openSame(path);
    const size = file.size();
    const key = `${path} ${stat.inode} ${size} ${stat.modifiedTime}`;
    let footer = this.#footers.get(key);
    if (footer === undefined) {
      const end = fileEnd(this.#world, file, size) ?? lastWholeEnd(this.#world, file, size)?.end;
      if (end === undefined) {
        file.close();
        return undefined;
      }
      footer = { metadata: end.metadata, watermark: end.watermark };
      this.#footers.set(key, footer, OBJECTS * end.metadataBytes.length);
    }
    const { metadata, watermark } = footer;
    const world = { reader: this.#world, columns: this.#columns, lists: this.#lists, pages: this.#pages };
    const parts = metadata.row_groups.map((group) => new GroupPart(world, type, { file, key: `${path} ${stat.inode}` }, group));
    return { parts, watermark, close: () => file.close() };
  }

  /** The rows of a chunk; undefined where it is gone, merged; or why it cannot be read. Quiet streams are asked for the same ones again and again. */
  chunk(type: EventType, dataPath: string, id: ChunkId): SealedTable | string | undefined {
    const path = chunkPath(dataPath, id);
    const stat = this.#world.disk.stat(path);
    if (stat === undefined) return undefined;
    const key = `${path} ${stat.inode} ${stat.bytes} ${stat.modifiedTime}`;
    const known = this.#chunks.get(key);
    if (known !== undefined) return known;
    const read = readChunk(this.#world, type, dataPath, id);
    if (read === undefined || typeof read === "string") return read;
    this.#chunks.set(key, read.table, bytesOf(read.table));
    return read.table;
  }

  /** The file and what it is: it may be replaced between the two looks. */
  #openSame(path: string): { readonly file: DiskFile; readonly stat: DiskStat } {
    const { disk } = this.#world;
    for (;;) {
      const before = disk.stat(path);
      const file = disk.open(path, "read");
      const stat = disk.stat(path);
      if (stat !== undefined && stat.inode === before?.inode) return { file, stat };
      file.close();
    }
  }
}

interface GroupWorld {
  readonly reader: StorageWorld;
  readonly columns: Lru<SealedColumn>;
  readonly lists: Lru<StoredLists>;
  readonly pages: Lru<Doubles>;
}

interface GroupFile {
  readonly file: DiskFile;
  /** The file's own, for the cache. */
  readonly key: string;
}

class GroupPart implements Part {
  readonly name: string;
  readonly rows: number;
  readonly #world: GroupWorld;
  readonly #type: EventType;
  readonly #from: GroupFile;
  readonly #group: RowGroup;

  constructor(world: GroupWorld, type: EventType, from: GroupFile, group: RowGroup) {
    this.rows = Number(group.num_rows);
    this.#world = world;
    this.#type = type;
    this.#from = from;
    this.#group = group;
    // A group's bytes never change; a file that took the place of another has its inode, or at least other rows there.
    const times = this.range("recv_time");
    this.name = `${from.key} ${group.file_offset} ${group.total_compressed_size} ${this.rows} ${times?.min} ${times?.max}`;
  }

  range(column: string): Range | undefined {
    const statistics = this.#statistics(column);
    const [min, max] = [statistics?.min_value, statistics?.max_value].map((bound) =>
      typeof bound === "bigint" || typeof bound === "number" || typeof bound === "boolean" ? Number(bound) : undefined
    );
    return min === undefined || max === undefined ? undefined : { min, max };
  }

  only(column: string): { readonly value: string | undefined } | undefined {
    const { min_value, max_value, null_count } = this.#statistics(column) ?? {};
    if (null_count === undefined) return undefined;
    if (Number(null_count) === this.rows) return { value: undefined };
    return Number(null_count) === 0 && typeof min_value === "string" && min_value === max_value ? { value: min_value } : undefined;
  }

  column(index: number): SealedColumn {
    const read = () => readColumn(this.#type.columns[index]!, this.#from.file, this.#group, this.#world.reader.compression);
    return kept(this.#world.columns, `${this.name} ${index}`, read, (column) => bytesOf({ rows: this.rows, columns: [column] }));
  }

  lists(index: number): PagedLists {
    const { file } = this.#from;
    const { lists, pages, reader } = this.#world;
    const key = `${this.name} ${index}`;
    const open = () => new StoredLists(this.#type.columns[index]!, file, this.#group, reader.compression);
    const stored = kept(lists, key, open, () => 1);
    return {
      firstRows: stored.firstRows,
      starts: (page) => stored.starts(file, page),
      prices: (page) => kept(pages, `${key} ${page} prices`, () => stored.prices(file, page), bytesOfDoubles),
      sizes: (page) => kept(pages, `${key} ${page} sizes`, () => stored.sizes(file, page), bytesOfDoubles),
    };
  }

  read(): SealedTable {
    return { rows: this.rows, columns: this.#type.columns.map((_, index) => this.column(index)) };
  }

  #statistics(column: string): Statistics | undefined {
    return this.#group.columns.find(({ meta_data }) => meta_data?.path_in_schema[0] === column)?.meta_data?.statistics;
  }
}

function kept<V>(cache: Lru<V>, key: string, read: () => V, weightOf: (value: V) => number): V {
  const known = cache.get(key);
  if (known !== undefined) return known;
  const value = read();
  cache.set(key, value, weightOf(value));
  return value;
}
