import type { EventType } from "../../events/event_type.ts";
import type { DiskFile } from "../../runtime/runtime.ts";
import { appendRows, type FileEnd, fileEnd, lastWholeEnd, newFileBytes, type StorageWorld } from "./day_file.ts";
import { publishFile, setAside } from "./files.ts";
import { dayFilePath, tmpFolder } from "./paths.ts";
import type { StorageNews } from "./storage_messages.ts";
import type { SealedTable } from "./table.ts";
import { Watermark } from "./watermark.ts";

const FOOTERS_KNOWN_MAX = 65_536; // streams of several exchanges

/** The day files of one data type: made, added to, mended. */
export class DayFiles {
  readonly #world: StorageWorld;
  readonly #type: EventType;
  readonly #options: { readonly dataPath: string; readonly tell: (news: StorageNews) => void };
  readonly #footerBytes = new Map<string, number>();

  constructor(
    world: StorageWorld,
    type: EventType,
    options: { readonly dataPath: string; readonly tell: (news: StorageNews) => void },
  ) {
    this.#world = world;
    this.#type = type;
    this.#options = options;
  }

  /** Size of the newest footer written for a stream; 0 before the first. */
  footerBytes(path: string): number {
    return this.#footerBytes.get(path) ?? 0;
  }

  /**
   * Adds chunks that the day file does not hold yet; `rows` is asked for those alone. Durable when it returns the number of rows added.
   * Throws StorageError.
   */
  add(path: string, date: string, hash: string, chunks: readonly number[], rows: (fresh: readonly number[]) => SealedTable): number {
    const target = dayFilePath(this.#options.dataPath, path, date);
    const { disk } = this.#world;
    if (disk.exists(target)) {
      const file = disk.open(target, "update");
      try {
        const end = this.#wholeEnd(file);
        if (end !== undefined) return this.#append(file, end, { path, hash, chunks, rows });
      } finally {
        file.close();
      }
      this.#setAside(target, path, date);
    }
    const table = rows(chunks);
    const bytes = newFileBytes(this.#world, this.#type, path, table, Watermark.empty().with(hash, chunks));
    publishFile(disk, target, `${tmpFolder(this.#options.dataPath)}/${path}/${date}.new`, bytes);
    this.#remember(path, 0);
    return table.rows;
  }

  #append(
    file: DiskFile,
    end: FileEnd,
    { path, hash, chunks, rows }: {
      readonly path: string;
      readonly hash: string;
      readonly chunks: readonly number[];
      readonly rows: (fresh: readonly number[]) => SealedTable;
    },
  ): number {
    const fresh = chunks.filter((chunk) => !end.watermark.has(hash, chunk));
    if (fresh.length === 0) {
      file.sync(); // whoever appended them may have died before it did
      return 0;
    }
    const table = rows(fresh);
    this.#remember(path, appendRows(this.#world, file, end, this.#type, path, table, end.watermark.with(hash, fresh)));
    return table.rows;
  }

  /** The file's end; behind a torn append the end before it, and the rest is cut off. */
  #wholeEnd(file: DiskFile): FileEnd | undefined {
    const end = fileEnd(this.#world, file, file.size());
    if (end !== undefined) return end;
    const found = lastWholeEnd(this.#world, file, file.size());
    if (found === undefined) return undefined;
    this.#options.tell({ what: "mended", path: file.path, bytes: file.size() - found.size });
    file.truncate(found.size);
    file.sync();
    return found.end;
  }

  #setAside(target: string, path: string, date: string): void {
    const { disk, clock } = this.#world;
    const aside = `${tmpFolder(this.#options.dataPath)}/aside/${path}/${date}-${Math.floor(clock.wallTime())}.pq`;
    setAside(disk, target, aside);
    this.#options.tell({ what: "aside", path: aside, why: `${target} is no Parquet file of ours` });
  }

  #remember(path: string, footerBytes: number): void {
    if (this.#footerBytes.size >= FOOTERS_KNOWN_MAX) this.#footerBytes.clear();
    this.#footerBytes.set(path, footerBytes);
  }
}
