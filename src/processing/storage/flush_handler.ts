/** socket ▸ worker ▸ codec ▸ router ▸ path ▸ buffer ▸ [chunk ▸ day file].  In: sealed tables of a generation. Out: day files. */
import type { EventBase, EventType } from "../../events/event_type.ts";
import { assert } from "../../lib/assert.ts";
import { dateOf, US_PER_MS } from "../../lib/time.ts";
import { Accepted } from "./accepted.ts";
import { readChunk, timeOfTable, writeChunk } from "./chunk_file.ts";
import { DayFiles, type DayFilesOptions } from "./day_files.ts";
import type { StorageWorld } from "./day_file.ts";
import { setAside } from "./files.ts";
import { fillOfRows } from "./fold.ts";
import { MAGIC } from "./parquet/encode.ts";
import { type ChunkId, chunkNumberOf, chunkPath, isUnfinished, tmpFolder } from "./paths.ts";
import { isDue, type Pending } from "./pending.ts";
import { type Rows, rowsOfTable, rowsTogether } from "./rows.ts";
import type { SealedTable } from "./table.ts";

/** Chunks that go into one day file together; undefined where there is none. `seen` counts those that could not be read too. */
interface Batch {
  date: string | undefined;
  readonly chunks: number[];
  readonly rows: Rows[];
  seen: number;
}

export interface FlushHandlerOptions extends DayFilesOptions {
  readonly source: string;
  readonly flushIntervalMs: number;
}

/**
 * Keeps the day files of one data type of a source, for all its symbols. `accept` makes a chunk safe against the death of the process;
 * `flush` merges chunks into day files, idempotently: the footer names the chunks it holds. A generation (`hash`) is one producer's life;
 * `bump` starts accepting a new one, so that the producer can be replaced while rows keep their order.
 */
export class FlushHandler<T extends EventBase> {
  readonly #world: StorageWorld;
  readonly #type: EventType;
  readonly #options: FlushHandlerOptions;
  readonly #dayFiles: DayFiles;
  readonly #accepted: Accepted;
  readonly #pending = new Map<string, Pending>();
  /** Generations accepted for every symbol, and those for one. */
  readonly #generations = new Set<string>();
  readonly #generationsOf = new Map<string, Set<string>>();

  constructor(world: StorageWorld, type: EventType<T>, options: FlushHandlerOptions) {
    this.#world = world;
    this.#type = type as unknown as EventType;
    this.#options = options;
    this.#dayFiles = new DayFiles(world, this.#type, options);
    this.#accepted = new Accepted(world, this.#type, options.dataPath);
  }

  /** Symbols with chunks that wait. */
  get symbols(): string[] {
    return [...this.#pending.keys()];
  }

  pathOf(symbol: string): string {
    return `${this.#options.source}/${this.#type.name}/${symbol}`;
  }

  /** The chunk is on disk when this returns. Taking one twice replaces it. Throws StorageError; the caller keeps the rows then. */
  accept(symbol: string, hash: string, chunk: number, table: SealedTable): void {
    assert(this.#accepts(symbol, hash), `generation ${hash} of ${symbol} was never announced: bump it first`);
    const id = { path: this.pathOf(symbol), hash, chunk };
    const encoded = this.#world.encoder.encode(this.#type, table, MAGIC.length);
    const bytes = writeChunk(this.#world, this.#type, this.#options.dataPath, id, encoded);
    this.#accepted.keep(id, table, encoded, bytes);
    this.#note(symbol, hash, chunk, bytes, timeOfTable(this.#type, table));
  }

  /** Takes over chunks that an earlier process left under tmp/. Returns how many. */
  adopt(): number {
    let adopted = 0;
    const { disk } = this.#world;
    for (const symbol of this.#foldersIn(this.#folder)) {
      for (const generation of this.#foldersIn(symbol)) {
        for (const { name, isFolder } of disk.list(generation)) {
          const path = `${generation}/${name}`;
          const chunk = isFolder ? undefined : chunkNumberOf(name);
          if (chunk !== undefined) {
            this.#note(nameOf(symbol), nameOf(generation), chunk, disk.stat(path)?.bytes ?? 0, undefined);
            adopted++;
          } else if (!isFolder && name.endsWith(".pq.part")) disk.remove(path); // its rows were never said to be safe
        }
      }
      for (const { name } of disk.list(symbol)) if (isUnfinished(name)) disk.remove(`${symbol}/${name}`);
    }
    return adopted;
  }

  /** Are there chunks of the symbol that may be of that day? */
  isWaiting(symbol: string, date: string): boolean {
    const pending = this.#pending.get(symbol);
    return pending !== undefined && (pending.date === undefined || pending.date === date);
  }

  /** Is it time to flush this symbol by itself? */
  isDue(symbol: string): boolean {
    const pending = this.#pending.get(symbol);
    const { clock } = this.#world;
    return pending !== undefined &&
      isDue(pending, { path: this.pathOf(symbol), footerBytes: this.#dayFiles.footerBytes(this.pathOf(symbol)) }, {
        ms: clock.monotonicMs(),
        date: dateOf(clock.wallTime()),
        flushIntervalMs: this.#options.flushIntervalMs,
      });
  }

  /**
   * Merges what waits of a symbol up to and including that generation. Durable when it returns. Throws StorageError; what was not
   * merged waits on.
   */
  flush(symbol: string, hash: string): void {
    while (!this.flushSome(symbol, hash));
  }

  /** Merges everything that waits of a symbol, whatever its generation. */
  flushAll(symbol: string): void {
    while (!this.flushSome(symbol));
  }

  /** The same, but no more than a row group of it, for whoever has other work in between; true when nothing is left to do. */
  flushSome(symbol: string, lastHash?: string): boolean {
    const pending = this.#pending.get(symbol);
    const hash = this.#oldest(pending, lastHash);
    if (pending === undefined || hash === undefined) return true;
    const left = this.#mergeSome(symbol, hash, pending.chunks.get(hash)!.sort((a, b) => a - b));
    if (left.length > 0) pending.chunks.set(hash, left);
    else pending.chunks.delete(hash);
    if (pending.chunks.size === 0) this.#pending.delete(symbol);
    return this.#oldest(pending, lastHash) === undefined;
  }

  /** Removes empty folders under tmp/. Writing a chunk makes its own again. */
  tidy(): void {
    const { disk } = this.#world;
    for (const symbol of this.#foldersIn(this.#folder)) {
      for (const hash of this.#foldersIn(symbol)) if (disk.list(hash).length === 0) disk.removeFolder(hash);
      if (disk.list(symbol).length === 0) disk.removeFolder(symbol);
    }
  }

  /** From now on that generation of the symbol is accepted too. */
  bump(symbol: string, hash: string): void {
    const own = this.#generationsOf.get(symbol) ?? new Set();
    this.#generationsOf.set(symbol, own.add(hash));
  }

  /** From now on that generation is accepted for every symbol. */
  // deno-lint-ignore camelcase -- the design's own name
  bump_all(hash: string): void {
    this.#generations.add(hash);
  }

  get #folder(): string {
    return `${tmpFolder(this.#options.dataPath)}/${this.#options.source}/${this.#type.name}`;
  }

  #foldersIn(folder: string): string[] {
    return this.#world.disk.list(folder).filter(({ isFolder }) => isFolder).map(({ name }) => `${folder}/${name}`);
  }

  #accepts(symbol: string, hash: string): boolean {
    return this.#generations.has(hash) || (this.#generationsOf.get(symbol)?.has(hash) ?? false);
  }

  #oldest(pending: Pending | undefined, lastHash: string | undefined): string | undefined {
    const [hash] = [...pending?.chunks.keys() ?? []].sort();
    return hash === undefined || (lastHash !== undefined && hash > lastHash) ? undefined : hash;
  }

  /** In the order of the chunks, as many of one day as fill a row group. Returns those that are left. */
  #mergeSome(symbol: string, hash: string, chunks: readonly number[]): number[] {
    const path = this.pathOf(symbol);
    const { dataPath, tell } = this.#options;
    const batch = this.#nextBatch(symbol, hash, chunks);
    const { date } = batch;
    if (date !== undefined) {
      const rowsOf = (fresh: readonly number[]) => rowsTogether(this.#type, batch.rows.filter((_, i) => fresh.includes(batch.chunks[i]!)));
      const rows = this.#dayFiles.add(path, date, hash, batch.chunks, rowsOf);
      if (rows === undefined) return [...chunks]; // the day file is still being looked at
      tell({ what: "merged", path, date, hash, chunks: batch.chunks, rows });
      for (const chunk of batch.chunks) {
        this.#world.disk.remove(chunkPath(dataPath, { path, hash, chunk }));
        this.#accepted.forget({ path, hash, chunk });
      }
    }
    return chunks.slice(batch.seen);
  }

  #nextBatch(symbol: string, hash: string, chunks: readonly number[]): Batch {
    const batch: Batch = { date: undefined, chunks: [], rows: [], seen: 0 };
    let fill = 0;
    for (; batch.seen < chunks.length && fill < 1; batch.seen++) {
      const chunk = chunks[batch.seen]!;
      const read = this.#read({ path: this.pathOf(symbol), hash, chunk });
      if (read === undefined) continue; // deleted by hand: it is gone, what follows is not
      if (typeof read === "string") {
        this.#setAside(symbol, hash, chunk, read);
        continue;
      }
      batch.date ??= read.date;
      if (batch.date !== read.date) break;
      batch.chunks.push(chunk);
      batch.rows.push(read.rows);
      fill += fillOfRows(read.rows);
    }
    return batch;
  }

  #read(id: ChunkId): { readonly date: string; readonly rows: Rows } | string | undefined {
    const accepted = this.#accepted.get(id);
    if (accepted !== undefined) return accepted;
    const read = readChunk(this.#world, this.#type, this.#options.dataPath, id);
    return read === undefined || typeof read === "string" ? read : { date: read.date, rows: rowsOfTable(read.table) };
  }

  #setAside(symbol: string, hash: string, chunk: number, why: string): void {
    const { dataPath, tell } = this.#options;
    const path = this.pathOf(symbol);
    const target = `${tmpFolder(dataPath)}/aside/${path}/${hash}-${chunk}.pq`;
    const aside = setAside(this.#world.disk, chunkPath(dataPath, { path, hash, chunk }), target);
    tell({ what: "aside", path: aside, why: `a chunk that cannot be read: ${why}` });
  }

  /** `time`: when its first row was received, where that is known. */
  #note(symbol: string, hash: string, chunk: number, bytes: number, time: number | undefined): void {
    const date = time === undefined ? undefined : dateOf(time);
    let pending = this.#pending.get(symbol);
    if (pending === undefined) {
      const { clock } = this.#world;
      const ageMs = time === undefined ? 0 : Math.max(0, (clock.wallTime() - time) / US_PER_MS);
      pending = { chunks: new Map(), bytes: 0, sinceMs: clock.monotonicMs() - ageMs, date };
      this.#pending.set(symbol, pending);
    }
    const chunks = pending.chunks.get(hash);
    if (chunks === undefined) pending.chunks.set(hash, [chunk]);
    else if (!chunks.includes(chunk)) chunks.push(chunk);
    pending.bytes += bytes;
    if (date !== pending.date) pending.date = undefined; // of two days: due
  }
}

function nameOf(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}
