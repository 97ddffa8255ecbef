import { StorageError } from "../../lib/errors.ts";
import { partsOf } from "../../lib/stream_path.ts";
import type { Cancel, Runtime, Thread } from "../../runtime/runtime.ts";
import type { Happenings } from "../../telemetry/happenings.ts";
import type { Place } from "../journal/batch.ts";
import type { Recovery } from "../journal/recovery.ts";
import type { ChunkId } from "./paths.ts";
import type { Failure, FromStorage, StorageNews, ToStorage } from "./storage_messages.ts";
import { bytesOf, type SealedTable } from "./table.ts";

/** Where sealed tables go. */
export interface ChunkSink {
  /** Takes the table over; its rows are kept until they are on disk. `before`: rows of the stream in the chunks before. */
  put(path: string, chunk: number, table: SealedTable, before: number): void;
}

/** Rows that were not put yet. */
export interface Buffers {
  /** Puts them, a stream each time. */
  sealEach(): Generator<string>;
}

export interface StorageServiceOptions {
  readonly dataPath: string;
  readonly hash: string;
  readonly writer: string;
  readonly flushIntervalMs: number;
  /** Takes over what earlier recorders left in their journal. */
  readonly recovers?: boolean;
  /** The data path is another one's still: rows are kept in memory until `open`. */
  readonly isClosed?: boolean;
  /** Told how far that is. */
  readonly recovering?: (segments: { readonly done: number; readonly of: number }) => void;
  /** Told of chunks that are in day files, durably. */
  readonly merged?: (path: string, chunks: readonly number[]) => void;
}

interface Held {
  readonly id: ChunkId;
  readonly table: SealedTable;
  readonly before: number;
  isRefused: boolean;
}

const RETRY_MS = 1_000;
const REFUSED_MAX_MS = 15_000; // a disk that refuses for so long needs a person
const HELD_BYTES_MAX = 512 * 1024 * 1024; // rows that wait for a slow or refusing disk
const SEALED_AHEAD_BYTES = 4 * 1024 * 1024; // keeps the storage thread busy …
const SEALED_AHEAD = 512; // … and few rows are nearly as much work as many
const RESTART_MS = 500;
const DEATHS_MAX = 5; // in a row, without a chunk taken between them

/**
 * The storage thread as the socket's thread sees it. Rows leave memory only when the thread says they are on disk; a failed write, or the
 * death of the thread, keeps them, and they are sent again. `failed` resolves when that has gone on for too long.
 */
export class StorageService implements ChunkSink, Disposable {
  readonly failed: Promise<StorageError>;
  /** What earlier recorders left; asked for with `recovers`. A refusal of the disk is told by `failed` instead. */
  readonly recovered: Promise<Recovery>;
  readonly #runtime: Runtime;
  readonly #happenings: Happenings;
  readonly #options: StorageServiceOptions;
  readonly #held = new Map<string, Held>();
  readonly #requests = new Map<number, (failure: Failure | undefined) => void>();
  /** Told again to a thread that takes the place of a dead one. */
  readonly #bumps = new Map<string, Extract<ToStorage, { kind: "bump" }>>();
  #thread: Thread | undefined;
  /** Bytes of rows that are not yet on disk. */
  #heldBytes = 0;
  #lastRequest = 0;
  #deaths = 0;
  #refusedSinceMs: number | undefined;
  #retry: Cancel | undefined;
  #isDisposed = false;
  #fail!: (error: StorageError) => void;
  #recover!: (recovery: Recovery) => void;
  #waiters: { readonly bytes: number; readonly resolve: () => void }[] = [];
  #rowsMerged = 0;

  constructor(runtime: Runtime, happenings: Happenings, options: StorageServiceOptions) {
    this.failed = new Promise((resolve) => this.#fail = resolve);
    this.recovered = new Promise((resolve) => this.#recover = resolve);
    this.#runtime = runtime;
    this.#happenings = happenings;
    this.#options = options;
    if (options.isClosed !== true) this.#thread = this.#spawn();
  }

  /** The data path is ours now. */
  open(): void {
    if (this.#thread === undefined && !this.#isDisposed) this.#start();
  }

  /** Rows that are in day files, since the start; those of an earlier process included. */
  get rowsMerged(): number {
    return this.#rowsMerged;
  }

  /** Sealed tables that are not yet on disk. */
  *held(): Generator<{ readonly place: Place; readonly table: SealedTable }> {
    for (const { id: { path, chunk }, table, before } of this.#held.values()) yield { place: { path, chunk, before, first: 0 }, table };
  }

  put(path: string, chunk: number, table: SealedTable, before: number): void {
    const held = { id: { path, hash: this.#options.hash, chunk }, table, before, isRefused: false };
    this.#held.set(keyOf(held.id), held);
    this.#heldBytes += bytesOf(table);
    if (this.#heldBytes > HELD_BYTES_MAX) {
      const megabytes = Math.round(HELD_BYTES_MAX / 1024 / 1024);
      this.#giveUp({
        op: "write",
        path,
        code: "slow",
        hint: `${megabytes} MB of rows wait for the disk. Record less, or onto a faster disk.`,
      });
    }
    this.#send(held);
  }

  /** Bytes of rows that are not yet on disk. */
  get heldBytes(): number {
    return this.#heldBytes;
  }

  /** Chunks of a path whose rows are not yet on disk, in their order. */
  heldOf(path: string): { readonly hash: string; readonly chunk: number; readonly table: SealedTable }[] {
    const held = [...this.#held.values()].filter(({ id }) => id.path === path);
    return held.map(({ id: { hash, chunk }, table }) => ({ hash, chunk, table }));
  }

  /** From now on rows of that generation are accepted too: of one path, or of all. */
  bump(path: string | undefined, hash: string): void {
    const message = { kind: "bump", path, hash } as const;
    this.#bumps.set(`${path} ${hash}`, message);
    this.#post(message);
  }

  /** Resolves when at most so many bytes of rows are not yet on disk: the back-pressure of a source that can wait. */
  room(bytes: number): Promise<void> {
    return this.#heldBytes <= bytes ? Promise.resolve() : new Promise((resolve) => this.#waiters.push({ bytes, resolve }));
  }

  /**
   * Resolves when everything put so far, and what these buffers have, is in day files. Rejects with StorageError; the rows stay under tmp/,
   * or in the journal alone, for the next start.
   */
  async drain(buffers: Iterable<Buffers> = []): Promise<void> {
    // Some streams after the other, to the end: the rows of thousands, sealed at once, would be in memory three times.
    let sealed: string[] = [];
    for (const each of buffers) {
      for (const path of each.sealEach()) {
        sealed.push(path);
        if (sealed.length < SEALED_AHEAD && this.#heldBytes <= SEALED_AHEAD_BYTES) continue;
        await this.#flush(sealed);
        await this.room(SEALED_AHEAD_BYTES);
        sealed = [];
      }
    }
    await this.room(0);
    const failure = await this.#flush();
    if (failure !== undefined) throw new StorageError(failure);
  }

  /** Ends the thread. What is on disk stays; nothing else is waited for. */
  [Symbol.dispose](): void {
    this.#isDisposed = true;
    this.#retry?.();
    this.#thread?.terminate();
  }

  /** What failed waits on, and is merged when all is. */
  #flush(paths?: readonly string[]): Promise<Failure | undefined> {
    const request = ++this.#lastRequest;
    return new Promise((resolve) => {
      this.#requests.set(request, resolve);
      this.#post({ kind: "flush", request, paths });
    });
  }

  #spawn(): Thread {
    const thread = this.#runtime.threads.spawn("storage", {
      message: (message) => this.#heard(message as FromStorage),
      died: (reason) => this.#died(reason),
    });
    const { dataPath, hash, writer, flushIntervalMs, recovers = false } = this.#options;
    thread.post({ kind: "open", dataPath, hash, writer, flushIntervalMs, recovers } satisfies ToStorage);
    for (const bump of this.#bumps.values()) thread.post(bump);
    return thread;
  }

  #post(message: ToStorage): void {
    this.#thread?.post(message);
  }

  /** Copied, not transferred: our copy is what survives the thread. */
  #send(held: Held): void {
    held.isRefused = false;
    this.#post({ kind: "chunk", id: held.id, table: held.table });
  }

  #heard(message: FromStorage): void {
    switch (message.kind) {
      case "durable":
        return this.#durable(message.id);
      case "refused":
        return this.#refused(message.id, message.failure);
      case "recovered":
        if ("code" in message.recovery) return this.#giveUp(message.recovery);
        return this.#recover(message.recovery);
      case "done":
        this.#requests.get(message.request)?.(message.failure);
        this.#requests.delete(message.request);
        return;
      case "news":
        return this.#news(message.news);
    }
  }

  #durable(id: ChunkId): void {
    const held = this.#held.get(keyOf(id));
    if (held === undefined) return;
    this.#held.delete(keyOf(id));
    this.#heldBytes -= bytesOf(held.table);
    this.#refusedSinceMs = undefined;
    this.#deaths = 0;
    this.#happenings.rowsSaved(partsOf(id.path).type, held.table.rows);
    const hasRoom = this.#waiters.filter(({ bytes }) => this.#heldBytes <= bytes);
    this.#waiters = this.#waiters.filter((waiter) => !hasRoom.includes(waiter));
    for (const { resolve } of hasRoom) resolve();
  }

  #refused(id: ChunkId, failure: Failure): void {
    const held = this.#held.get(keyOf(id));
    if (held === undefined) return;
    held.isRefused = true;
    const nowMs = this.#runtime.clock.monotonicMs();
    if (failure.code !== "order") {
      this.#refusedSinceMs ??= nowMs;
      this.#happenings.writeRefused(id.path, failure);
      if (nowMs - this.#refusedSinceMs >= REFUSED_MAX_MS) this.#giveUp(failure);
    }
    this.#retry ??= this.#runtime.timers.after(RETRY_MS, () => {
      this.#retry = undefined;
      for (const each of this.#held.values()) if (each.isRefused) this.#send(each);
    });
  }

  #died(reason: string): void {
    if (this.#isDisposed) return;
    this.#happenings.threadDied("storage", reason);
    if (++this.#deaths > DEATHS_MAX) {
      return this.#giveUp({
        op: "run",
        path: "the storage thread",
        code: "died",
        hint: `It ended ${this.#deaths} times: ${reason.split("\n")[0]}`,
      });
    }
    this.#runtime.timers.after(RESTART_MS, () => {
      if (!this.#isDisposed) this.#start();
    });
  }

  #start(): void {
    this.#thread = this.#spawn();
    for (const held of this.#held.values()) this.#send(held);
    for (const request of this.#requests.keys()) this.#post({ kind: "flush", request, paths: undefined });
  }

  #news(news: StorageNews): void {
    if (news.what === "merged") {
      this.#rowsMerged += news.rows;
      if (news.hash === this.#options.hash) this.#options.merged?.(news.path, news.chunks);
    }
    if (news.what === "recovering") this.#options.recovering?.({ done: news.done, of: news.of });
    this.#happenings.storageNews(news);
  }

  #giveUp(failure: Failure): void {
    this.#fail(new StorageError(failure));
  }
}

function keyOf({ path, chunk }: ChunkId): string {
  return `${path}/${chunk}`;
}
