import type { EventType } from "../../events/event_type.ts";
import { AssertionError } from "../../lib/assert.ts";
import { StorageError } from "../../lib/errors.ts";
import type { DiskFile } from "../../runtime/runtime.ts";
import { appendRows, type Content, contentOf, type FileEnd, KEY, newFile, type StorageWorld } from "./day_file.ts";
import { nextContent } from "./content.ts";
import { publishFile, setAside } from "./files.ts";
import { foldCount } from "./fold.ts";
import type { KnownEnd } from "./known_end.ts";
import { mendedEnd } from "./mend.ts";
import { MAGIC } from "./parquet/encode.ts";
import { readGroup } from "./parquet/read_group.ts";
import { chunkPath, corruptPath, dayFilePath, unfinishedPath } from "./paths.ts";
import { provenGroups } from "./proven_groups.ts";
import { type Rows, rowsOfTable, rowsTogether } from "./rows.ts";
import type { StorageNews } from "./storage_messages.ts";
import { Watermark } from "./watermark.ts";

const STREAMS_KNOWN_MAX = 65_536; // of several exchanges
const REWRITTEN_BYTES_MAX = 1 << 20; // a small file is written anew as a whole; a larger one only in its tail
const REWRITE_EVERY_MS = 60_000; // a reader that opens the file by name more than once must not meet two renames

/** Chunks that go into one day file together. */
interface Addition {
  readonly path: string;
  readonly date: string;
  readonly hash: string;
  readonly chunks: readonly number[];
  readonly rows: (fresh: readonly number[]) => Rows;
}

/** What is remembered of a stream's newest day file. */
interface Known {
  readonly date: string;
  readonly end: KnownEnd;
  /** When it was renamed into place, or first seen: then it may just have been. */
  readonly rewrittenMs: number;
}

export interface DayFilesOptions {
  readonly dataPath: string;
  readonly tell: (news: StorageNews) => void;
  /** A file another process wrote is looked at in parts of so many bytes. */
  readonly blockBytes?: number;
}

/** The day files of one data type: made, added to, compacted while they grow, mended. */
export class DayFiles {
  readonly #world: StorageWorld;
  readonly #type: EventType;
  readonly #options: DayFilesOptions;
  readonly #known = new Map<string, Known>();
  /** Files that are being looked at, a part at a time. */
  readonly #looked = new Map<string, { readonly size: number; readonly seen: Content }>();

  constructor(
    world: StorageWorld,
    type: EventType,
    options: DayFilesOptions,
  ) {
    this.#world = world;
    this.#type = type;
    this.#options = options;
  }

  /** Size of the newest footer written for a stream; 0 before the first. */
  footerBytes(path: string): number {
    return this.#known.get(path)?.end.footerBytes ?? 0;
  }

  /**
   * Adds chunks that the day file does not hold yet; `rows` is asked for those alone. Durable when it returns the number of rows added.
   * Undefined: nothing was done but a part of reading a large file that another process wrote; call again. Throws StorageError.
   */
  add(
    path: string,
    date: string,
    hash: string,
    chunks: readonly number[],
    rows: (fresh: readonly number[]) => Rows,
  ): number | undefined {
    const addition = { path, date, hash, chunks, rows };
    const target = dayFilePath(this.#options.dataPath, path, date);
    if (this.#world.disk.exists(target)) {
      const added = this.#addTo(target, addition);
      if (typeof added !== "string") return added;
      const aside = setAside(this.#world.disk, target, corruptPath(target, this.#world.clock.wallTime()));
      this.#known.delete(path);
      this.#options.tell({ what: "aside", path: aside, why: `${target} is damaged: ${added}`, day: { path, date } });
    }
    const added = rows(chunks);
    this.#publish(addition, added, Watermark.empty().with(hash, chunks));
    return added.count;
  }

  /** The number of rows added, or what is wrong with the file: nothing is ever merged into a damaged one. Undefined: call again. */
  #addTo(target: string, addition: Addition): number | string | undefined {
    const file = this.#world.disk.open(target, "update");
    try {
      const { dataPath, tell } = this.#options;
      const { path } = addition;
      const known = this.#known.get(path);
      const ofDate = known?.date === addition.date ? known : undefined;
      const isWaiting = (hash: string, chunk: number) => this.#world.disk.exists(chunkPath(dataPath, { path, hash, chunk }));
      const mended = mendedEnd(this.#world, file, isWaiting, ofDate?.end);
      if (typeof mended === "string") return mended;
      const { end, cutBytes } = mended;
      if (cutBytes > 0) tell({ what: "mended", path: target, bytes: cutBytes });
      this.#refuseOtherSchema(target, end);
      // Read whole by a process that did not write it, once; what it adds itself is proven.
      if (ofDate === undefined) {
        const isIntact = this.#look(file, end);
        if (isIntact === undefined) return undefined;
        if (!isIntact) return "its bytes are not those that were written";
      }
      return this.#append(file, end, addition);
    } catch (error) {
      if (error instanceof StorageError || error instanceof AssertionError) throw error;
      return error instanceof Error ? error.message : String(error); // a page whose checksum or length is wrong, say
    } finally {
      file.close();
    }
  }

  /** Is every byte as it was written? Undefined: not all of them were looked at yet. */
  #look(file: DiskFile, end: FileEnd): boolean | undefined {
    const size = file.size();
    const before = this.#looked.get(file.path);
    const seen = nextContent(this.#world, file, end, before?.size === size ? before.seen : { bytes: 0, crc: 0 }, this.#options.blockBytes);
    const isAll = seen.bytes === contentOf(end).bytes;
    if (isAll) this.#looked.delete(file.path);
    else this.#looked.set(file.path, { size, seen });
    return isAll ? seen.crc === contentOf(end).crc : undefined;
  }

  #append(file: DiskFile, end: FileEnd, addition: Addition): number {
    const { path, date, hash, chunks, rows } = addition;
    const fresh = chunks.filter((chunk) => !end.watermark.has(hash, chunk));
    if (fresh.length === 0) {
      file.sync(); // whoever appended them may have died before it did
      return 0;
    }
    const added = rows(fresh);
    const watermark = end.watermark.with(hash, fresh);
    const folded = foldCount(end.groups, added);
    const isRewritten = folded > 0 && this.#paysToRewrite(file, end, addition);
    const taken = isRewritten ? end.groups.length : folded;
    const old = taken === 0 ? [] : end.metadata.row_groups.slice(-taken);
    const before = old.map((group) => rowsOfTable(readGroup(this.#type, file, group, this.#world.compression)));
    const whole = rowsTogether(this.#type, [...before, added]);
    if (isRewritten) {
      file.close(); // Windows renames no open file
      this.#publish(addition, whole, watermark, end.keyValues);
    } else this.#remember(path, date, appendRows(this.#world, file, end, this.#type, path, whole, watermark, folded));
    return added.count;
  }

  /** A file of its own in one write: a new day, or a small file whose dead bytes go. */
  #publish(
    { path, date }: Addition,
    rows: Rows,
    watermark: Watermark,
    kept: ReadonlyMap<string, string> = new Map(),
  ): void {
    const { dataPath } = this.#options;
    const encoded = provenGroups(this.#world, this.#type, path, rows, MAGIC.length);
    const { bytes, end } = newFile(this.#world, this.#type, path, encoded, watermark, kept);
    publishFile(this.#world.disk, dayFilePath(dataPath, path, date), unfinishedPath(dataPath, path, date, "new"), bytes);
    this.#known.delete(path);
    this.#remember(path, date, end);
  }

  /** Small, at least half of it dead, and not renamed a moment ago. */
  #paysToRewrite(file: DiskFile, { groups, metadataBytes }: FileEnd, { path, date }: Addition): boolean {
    const live = groups.reduce((sum, { bytes }) => sum + bytes, metadataBytes.length);
    const known = this.#known.get(path);
    const sinceMs = known?.date === date ? this.#world.clock.monotonicMs() - known.rewrittenMs : 0;
    return file.size() < REWRITTEN_BYTES_MAX && file.size() >= 2 * live && sinceMs >= REWRITE_EVERY_MS;
  }

  /** A file of a newer version is none to write to, and none to put away. */
  #refuseOtherSchema(target: string, { keyValues }: FileEnd): void {
    const [found, ours] = [keyValues.get(KEY.schema), `${this.#type.name}/${this.#type.version}`];
    if (found === ours || found?.split("/")[0] !== this.#type.name) return;
    const hint = "Run the version that wrote it; the rows wait under tmp/.";
    throw new StorageError({ op: "merge into", path: target, code: `it is ${found}, this Argus writes ${ours}`, hint });
  }

  #remember(path: string, date: string, end: KnownEnd): void {
    if (this.#known.size >= STREAMS_KNOWN_MAX) this.#known.clear();
    const known = this.#known.get(path);
    this.#known.set(path, { date, end, rewrittenMs: known?.date === date ? known.rewrittenMs : this.#world.clock.monotonicMs() });
  }
}
