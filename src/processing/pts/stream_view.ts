/** day files + chunks + memory ▸ [view].  In: a stream's name and what memory holds of it. Out: its rows once, in the order they are stored. */
import type { EventType } from "../../events/event_type.ts";
import { StorageError } from "../../lib/errors.ts";
import { dateOf } from "../../lib/time.ts";
import { timeOfTable } from "../storage/chunk_file.ts";
import type { StorageWorld } from "../storage/day_file.ts";
import { chunkNumberOf, dayFilePath, tmpFolder } from "../storage/paths.ts";
import type { SealedTable } from "../storage/table.ts";
import type { DayFileReader, DayParts } from "./day_parts.ts";
import { type Part, TablePart } from "./part.ts";

/** Rows that are, or shall become, a chunk. */
export interface LooseChunk {
  readonly hash: string;
  readonly chunk: number;
  readonly table: SealedTable;
}

/**
 * One stream at one moment, though its rows are moving from memory into chunks and from chunks into day files meanwhile. What makes it
 * exact is the order of looking: memory first, then the chunks, then the day file, which is the way rows walk; so none is missed, and the
 * day file's watermark says which chunks are in it, so none comes twice.
 */
export class StreamView implements Disposable {
  readonly type: EventType;
  readonly #world: StorageWorld;
  readonly #reader: DayFileReader;
  readonly #dataPath: string;
  readonly #path: string;
  readonly #loose: readonly { readonly date: string; readonly chunk: LooseChunk }[];
  readonly #open = new Map<string, DayParts | undefined>();
  /** Files that should have been readable and were not. */
  readonly unreadable: string[] = [];

  private constructor(
    world: StorageWorld,
    reader: DayFileReader,
    stream: { readonly dataPath: string; readonly path: string; readonly type: EventType },
    loose: readonly LooseChunk[],
    unreadable: readonly string[],
  ) {
    this.type = stream.type;
    this.#world = world;
    this.#reader = reader;
    this.#dataPath = stream.dataPath;
    this.#path = stream.path;
    this.#loose = loose.map((chunk) => ({ date: dateOf(timeOfTable(stream.type, chunk.table)), chunk }));
    this.unreadable.push(...unreadable);
  }

  /** `memory` was looked at before this is called. */
  static open(
    world: StorageWorld,
    reader: DayFileReader,
    stream: { readonly dataPath: string; readonly path: string; readonly type: EventType },
    memory: readonly LooseChunk[],
  ): StreamView {
    const unreadable: string[] = [];
    const loose = new Map(memory.map((chunk) => [`${chunk.hash} ${chunk.chunk}`, chunk]));
    const { path, type, dataPath } = stream;
    const folder = `${tmpFolder(dataPath)}/${path}`;
    for (const { name: hash, isFolder } of world.disk.list(folder)) {
      if (!isFolder) continue;
      for (const { name } of world.disk.list(`${folder}/${hash}`)) {
        const chunk = chunkNumberOf(name);
        if (chunk === undefined || loose.has(`${hash} ${chunk}`)) continue;
        const table = reader.chunk(type, dataPath, { path, hash, chunk });
        if (typeof table === "string") unreadable.push(`${hash}/${name}: ${table}`);
        else if (table !== undefined) loose.set(`${hash} ${chunk}`, { hash, chunk, table }); // gone = merged since it was listed
      }
    }
    const ordered = [...loose.values()].sort((a, b) => a.hash === b.hash ? a.chunk - b.chunk : a.hash < b.hash ? -1 : 1);
    return new StreamView(world, reader, stream, ordered, unreadable);
  }

  /** Days with rows, ascending. */
  dates(): string[] {
    const { disk } = this.#world;
    const dates = new Set(this.#loose.map(({ date }) => date));
    const folder = `${this.#dataPath}/${this.#path}`;
    for (const { name: year, isFolder } of disk.list(folder)) {
      if (!isFolder || !/^\d{4}$/.test(year)) continue;
      for (const { name } of disk.list(`${folder}/${year}`)) {
        const [, date] = /^(\d{4}-\d{2}-\d{2})\.pq$/.exec(name) ?? [];
        if (date !== undefined) dates.add(date);
      }
    }
    return [...dates].sort();
  }

  /** The parts of a day, in the order their rows are stored. The same ones each time. */
  day(date: string): readonly Part[] {
    const day = this.#dayParts(date);
    const loose = this.#loose.filter((each) => each.date === date && day?.watermark.has(each.chunk.hash, each.chunk.chunk) !== true);
    return [...day?.parts ?? [], ...loose.map(({ chunk }) => this.#loosePart(chunk))];
  }

  /** Nothing more is asked of that day: its file is closed. */
  release(date: string): void {
    this.#open.get(date)?.close();
    this.#open.delete(date);
  }

  [Symbol.dispose](): void {
    for (const day of this.#open.values()) day?.close();
    this.#open.clear();
  }

  #loosePart({ hash, chunk, table }: LooseChunk): Part {
    return new TablePart(`${this.#path} ${hash} ${chunk}`, this.type, table);
  }

  #dayParts(date: string): DayParts | undefined {
    if (this.#open.has(date)) return this.#open.get(date);
    const file = dayFilePath(this.#dataPath, this.#path, date);
    let day: DayParts | undefined;
    try {
      day = this.#reader.open(this.type, file);
      if (day === undefined) this.unreadable.push(file);
    } catch (error) {
      if (!(error instanceof StorageError) || error.code !== "ENOENT") throw error;
    }
    this.#open.set(date, day);
    return day;
  }
}
