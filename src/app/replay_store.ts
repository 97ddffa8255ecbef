import type { Agora } from "../agora/agora.ts";
import type { EventBase } from "../events/event_type.ts";
import { EVENT_TYPES } from "../events/registry.ts";
import { ConfigError } from "../lib/errors.ts";
import { type DataPathLock, lockDataPath } from "../processing/storage/lock.ts";
import { StorageHandler } from "../processing/storage/storage_handler.ts";
import { StorageService } from "../processing/storage/storage_service.ts";
import type { Runtime } from "../runtime/runtime.ts";
import type { Happenings } from "../telemetry/happenings.ts";

export interface ReplayStoreOptions {
  /** New or empty: what is there cannot be told from what is replayed. */
  readonly dataPath: string;
  readonly flushIntervalMs: number;
  readonly version: string;
}

const GENERATION = "replay";
const HELD_BYTES_MAX = 64 * 1024 * 1024;

/** What is replayed as day files of another data path, by the recorder's own writers: the same rows make the same chunks. */
export class ReplayStore implements Disposable {
  readonly #lock: DataPathLock;
  readonly #storage: StorageService;
  readonly #handlers: readonly StorageHandler<EventBase>[];
  #hasFailed = false;

  /** Throws ConfigError where something is stored there, StorageError where it cannot be. */
  constructor(runtime: Runtime, agora: Agora, happenings: Happenings, { dataPath, flushIntervalMs, version }: ReplayStoreOptions) {
    if (runtime.disk.list(dataPath).length > 0) throw new ConfigError("--into", `--into: ${dataPath} is not empty; name a new folder.`);
    const writer = `argus ${version}`;
    this.#lock = lockDataPath(runtime, dataPath, `${writer} replay`);
    this.#storage = new StorageService(runtime, happenings, { dataPath, hash: GENERATION, writer, flushIntervalMs });
    void this.#storage.failed.then(() => this.#hasFailed = true);
    this.#handlers = EVENT_TYPES.map((type) => {
      const handler = new StorageHandler(runtime, type, this.#storage, {});
      handler.follow(agora, `*/${type.name}/*`);
      return handler;
    });
  }

  /** Resolves when there is room for more. Rejects with StorageError when the disk does not take the rows. */
  async room(): Promise<void> {
    // Asked every turn, and a race leaves something behind in `failed` each time.
    if (this.#storage.heldBytes <= HELD_BYTES_MAX && !this.#hasFailed) return;
    await this.#orFailed(this.#storage.room(HELD_BYTES_MAX));
  }

  /** Resolves with the number of rows when all of them are in day files. */
  async finish(): Promise<number> {
    await this.#orFailed(this.#storage.drain(this.#handlers));
    return this.#storage.rowsMerged;
  }

  [Symbol.dispose](): void {
    for (const handler of this.#handlers) handler[Symbol.dispose]();
    this.#storage[Symbol.dispose]();
    this.#lock.release();
  }

  async #orFailed(done: Promise<unknown>): Promise<void> {
    const failed = await Promise.race([done.then(() => undefined), this.#storage.failed]);
    if (failed !== undefined) throw failed;
  }
}
