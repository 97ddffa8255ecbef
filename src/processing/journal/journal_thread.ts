import { unreachable } from "../../lib/assert.ts";
import { StorageError } from "../../lib/errors.ts";
import type { Runtime, ThreadPort } from "../../runtime/runtime.ts";
import { type Failure, failureOf } from "../storage/storage_messages.ts";
import { type JournalBatch, RUN_NUMBERS } from "./batch.ts";
import type { FromJournal, ToJournal } from "./journal_messages.ts";
import { RecordEncoder } from "./record.ts";
import { chunkKey } from "./segment_ledger.ts";
import { SegmentWriter } from "./segment_writer.ts";

/** The journal thread: writes and syncs, and nothing else, so that no merge and no encoding keeps a row from the disk. */
export function serveJournal(runtime: Runtime, port: ThreadPort): void {
  let thread: JournalThread | undefined;
  port.receive((received) => {
    const message = received as ToJournal;
    if (message.kind === "open") thread = new JournalThread(runtime, message, (answer) => port.post(answer));
    else thread!.receive(message);
  });
}

const UNSYNCED_BYTES_MAX = 8 * 1024 * 1024; // kept in memory until they are durable: more are not left to the timer

class JournalThread {
  readonly #post: (message: FromJournal) => void;
  readonly #hash: string;
  readonly #encoder: RecordEncoder;
  readonly #writer: SegmentWriter;
  #lastId = 0;
  #syncedId = 0;
  /** The disk refused: the timer tries again, not each write. */
  #isRefused = false;

  constructor(runtime: Runtime, options: Extract<ToJournal, { kind: "open" }>, post: (message: FromJournal) => void) {
    this.#post = post;
    this.#hash = options.hash;
    this.#encoder = new RecordEncoder(runtime.compression, options.hash);
    this.#writer = new SegmentWriter(runtime, options);
    runtime.timers.every(options.syncIntervalMs, () => this.#sync());
  }

  receive(message: Exclude<ToJournal, { kind: "open" }>): void {
    switch (message.kind) {
      case "write":
        return this.#write(message);
      case "remove":
        return this.#post({ kind: "removed", failure: this.#attempt(() => this.#writer.removeAll()) });
      default:
        return unreachable(message);
    }
  }

  #write({ id, batches, merged }: Extract<ToJournal, { kind: "write" }>): void {
    for (const batch of batches) {
      this.#writer.add(this.#encoder.encode(batch), chunksOf(this.#hash, batch));
    }
    this.#lastId = id;
    if (!this.#isRefused) this.#told(this.#attempt(() => this.#writer.write()));
    if (!this.#isRefused && this.#writer.pendingBytes >= UNSYNCED_BYTES_MAX) this.#sync();
    const keys = merged.flatMap(({ path, chunks }) => chunks.map((chunk) => chunkKey(this.#hash, path, chunk)));
    if (keys.length > 0) this.#attempt(() => this.#writer.merged(keys)); // what could not be removed is tried with the next merge
  }

  #sync(): void {
    if (this.#lastId === this.#syncedId) return;
    const failure = this.#attempt(() => this.#writer.sync());
    this.#told(failure);
    if (failure !== undefined) return;
    this.#syncedId = this.#lastId;
    this.#post({ kind: "synced", id: this.#syncedId });
  }

  #told(failure: Failure | undefined): void {
    this.#isRefused = failure !== undefined;
    if (failure !== undefined) this.#post({ kind: "refused", failure });
  }

  #attempt(run: () => void): Failure | undefined {
    try {
      run();
      return undefined;
    } catch (error) {
      if (!(error instanceof StorageError)) throw error; // our bug: ends the thread, which its supervisor starts again
      return failureOf(error);
    }
  }
}

function chunksOf(hash: string, { paths, runs }: JournalBatch): string[] {
  return paths.split("\n").map((path, i) => chunkKey(hash, path, runs[RUN_NUMBERS * i]!));
}
