/** socket ▸ worker ▸ codec ▸ router ▸ path ▸ buffer ▸ [journal].  In: what buffers took since the last look. Out: rows that survive us. */
import { eventTypeOfPath } from "../../events/registry.ts";
import { sleep } from "../../lib/sleep.ts";
import type { Cancel, Runtime, Thread } from "../../runtime/runtime.ts";
import type { Happenings } from "../../telemetry/happenings.ts";
import type { Failure } from "../storage/storage_messages.ts";
import { bytesOf, type SealedTable } from "../storage/table.ts";
import { BatchBuilder, type Gathered, type Place, transfersOf } from "./batch.ts";
import { Committed, type Runs } from "./committed.ts";
import type { FromJournal, MergedChunks, ToJournal } from "./journal_messages.ts";

/** Buffers of one type. */
export interface JournalWriter {
  /** Rows taken since the last call. */
  collect(): Gathered | undefined;
  /** The journal lost what it had: the next `collect` gives everything in the buffers. */
  rewind(): void;
}

export interface JournalOptions {
  readonly dataPath: string;
  readonly hash: string;
  readonly writeIntervalMs: number;
  readonly syncIntervalMs: number;
  readonly segmentBytesMax?: number;
  /** Sealed rows that are not yet on disk: written again when the thread was lost. */
  readonly held: () => Iterable<{ readonly place: Place; readonly table: SealedTable }>;
  readonly committed?: (committed: Committed) => void;
}

const UNDER_WAY_BYTES_MAX = 64 * 1024 * 1024; // a second at 600,000 rows/s; behind that, rows wait in their buffers
const RESTART_MS = 500;
const COMMIT_LOOK_MS = 10;
const DEATHS_MAX = 5; // in a row

/**
 * The journal thread as the socket's thread sees it. Every write interval it hands over what the buffers took; it never waits for the disk.
 * A journal that cannot be written ends nothing: rows still reach their chunks, and how old the last commit is is told.
 */
export class JournalService implements Disposable {
  readonly #runtime: Runtime;
  readonly #happenings: Happenings;
  readonly #options: JournalOptions;
  readonly #committed = new Committed();
  readonly #writers: JournalWriter[] = [];
  readonly #tick: Cancel;
  /** Handed over and not yet durable. */
  #underWay: { readonly id: number; readonly bytes: number; readonly time: number; readonly runs: readonly Runs[] }[] = [];
  #merged: MergedChunks[] = [];
  #thread: Thread;
  #lastId = 0;
  #deaths = 0;
  #isRefused = false;
  #isAlive = true;
  #isDisposed = false;
  #removed: (() => void) | undefined;

  constructor(runtime: Runtime, happenings: Happenings, options: JournalOptions) {
    this.#runtime = runtime;
    this.#happenings = happenings;
    this.#options = options;
    this.#thread = this.#spawn();
    this.#tick = runtime.timers.every(options.writeIntervalMs, () => void this.#write());
  }

  follow(writer: JournalWriter): void {
    this.#writers.push(writer);
  }

  /** Chunks that are in day files, durably: their rows need no journal. */
  merged(chunks: MergedChunks): void {
    if (this.#isAlive) this.#merged.push(chunks); // behind what the buffers have now, or a segment would wait for a chunk that is long merged
  }

  /** Resolves with true once every row the buffers had is durable; with false where that takes longer than allowed. */
  async commit(limitMs: number): Promise<boolean> {
    const { clock, timers } = this.#runtime;
    const untilMs = clock.monotonicMs() + limitMs;
    const never = new AbortController().signal;
    for (
      let isCollected = false;
      this.#isAlive && !this.#isDisposed && clock.monotonicMs() < untilMs;
      await sleep(timers, COMMIT_LOOK_MS, never)
    ) {
      isCollected ||= this.#write();
      if (isCollected && this.#underWay.length === 0) return true;
    }
    return false;
  }

  /** Everything is in day files. Resolves when the journal is gone, or will not go: then the next start sees that it is not needed. */
  remove(): Promise<void> {
    this.#tick();
    if (!this.#isAlive) return Promise.resolve();
    return new Promise((resolve) => {
      this.#removed = resolve;
      this.#post({ kind: "remove" });
    });
  }

  [Symbol.dispose](): void {
    this.#isDisposed = true;
    this.#tick();
    this.#thread.terminate();
  }

  /** False where too much is under way already. */
  #write(): boolean {
    const bytesUnderWay = this.#underWay.reduce((sum, { bytes }) => sum + bytes, 0);
    if (!this.#isAlive || bytesUnderWay >= UNDER_WAY_BYTES_MAX) return false;
    const gathered = this.#writers.flatMap((writer) => writer.collect() ?? []);
    if (gathered.length > 0 || this.#merged.length > 0) this.#send(gathered);
    return true;
  }

  #send(gathered: readonly Gathered[]): void {
    const id = ++this.#lastId;
    const batches = gathered.map(({ batch }) => batch);
    const bytes = batches.reduce((sum, { table }) => sum + bytesOf(table), 0);
    // What crosses is empty here afterwards; the commit needs the runs.
    const runs = gathered.map(({ paths, batch }) => ({ paths, runs: batch.runs.slice() }));
    this.#underWay.push({ id, bytes, time: this.#runtime.clock.wallTime(), runs });
    this.#post({ kind: "write", id, batches, merged: this.#merged }, batches.flatMap(transfersOf));
    this.#merged = [];
  }

  #spawn(): Thread {
    const { dataPath, hash, syncIntervalMs, segmentBytesMax } = this.#options;
    const thread = this.#runtime.threads.spawn("journal", {
      message: (message) => this.#heard(message as FromJournal),
      died: (reason) => this.#died(reason),
    });
    const size = segmentBytesMax === undefined ? {} : { segmentBytesMax };
    thread.post({ kind: "open", dataPath, hash, syncIntervalMs, ...size } satisfies ToJournal);
    this.#isAlive = true;
    return thread;
  }

  #post(message: ToJournal, transfer: readonly ArrayBuffer[] = []): void {
    this.#thread.post(message, transfer);
  }

  #heard(message: FromJournal): void {
    switch (message.kind) {
      case "synced":
        return this.#synced(message.id);
      case "refused":
        return this.#refused(message.failure);
      case "removed":
        return this.#removed?.();
    }
  }

  #synced(id: number): void {
    this.#deaths = 0;
    if (this.#isRefused) this.#happenings.journalHealed();
    this.#isRefused = false;
    for (const { runs, time } of this.#underWay.filter((write) => write.id <= id)) this.#committed.add(runs, time);
    this.#underWay = this.#underWay.filter((write) => write.id > id);
    this.#happenings.committed(this.#committed.rows, this.#committed.time);
    this.#options.committed?.(this.#committed);
  }

  #refused(failure: Failure): void {
    if (!this.#isRefused) this.#happenings.journalRefused(failure);
    this.#isRefused = true;
    // Its rows are safe with the thread, but what it had written before is gone with the file.
    if (failure.code === "ENOENT") this.#rewind();
  }

  #died(reason: string): void {
    if (this.#isDisposed) return;
    this.#isAlive = false;
    this.#happenings.threadDied("journal", reason);
    this.#removed?.();
    if (++this.#deaths > DEATHS_MAX) return this.#tick();
    this.#runtime.timers.after(RESTART_MS, () => {
      if (this.#isDisposed) return;
      this.#thread = this.#spawn();
      this.#underWay = [];
      this.#rewind();
    });
  }

  /** Writes again all that is only in memory. */
  #rewind(): void {
    const builders = new Map<string, BatchBuilder<never>>();
    for (const { place, table } of this.#options.held()) {
      const type = eventTypeOfPath(place.path);
      let builder = builders.get(type.name);
      if (builder === undefined) builders.set(type.name, builder = new BatchBuilder(type as never));
      builder.keepAll(place, table);
    }
    const gathered = [...builders.values()].flatMap((builder) => builder.take() ?? []);
    if (gathered.length > 0) this.#send(gathered);
    for (const writer of this.#writers) writer.rewind();
  }
}
