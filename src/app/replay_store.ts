import type { Agora } from "../agora/agora.ts";
import type { EventBase } from "../events/event_type.ts";
import { EVENT_TYPES } from "../events/registry.ts";
import { ConfigError } from "../lib/errors.ts";
import { nextTurn } from "../lib/next_turn.ts";
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

interface Writer {
  readonly handler: StorageHandler<EventBase>;
  readonly subscription: { close(): void; readonly queuedEvents: number };
  readonly consumed: Promise<void>;
}

const GENERATION = "replay";
const QUEUED_MAX = 65_536; // events: a turn's worth of thousands of paths
const HELD_BYTES_MAX = 64 * 1024 * 1024;

/** What is replayed as day files of another data path, by the recorder's own subscribers and writers: the same rows make the same chunks. */
export class ReplayStore implements Disposable {
  readonly #runtime: Runtime;
  readonly #lock: DataPathLock;
  readonly #storage: StorageService;
  readonly #writers: readonly Writer[];

  /** Throws ConfigError where something is stored there, StorageError where it cannot be. */
  constructor(runtime: Runtime, agora: Agora, happenings: Happenings, { dataPath, flushIntervalMs, version }: ReplayStoreOptions) {
    if (runtime.disk.list(dataPath).length > 0) throw new ConfigError("--into", `--into: ${dataPath} is not empty; name a new folder.`);
    const writer = `argus ${version}`;
    this.#runtime = runtime;
    this.#lock = lockDataPath(runtime, dataPath, `${writer} replay`);
    this.#storage = new StorageService(runtime, happenings, { dataPath, hash: GENERATION, writer, flushIntervalMs });
    this.#writers = EVENT_TYPES.map((type) => {
      const handler = new StorageHandler(runtime, type, this.#storage, {});
      const subscription = agora.subscribe(`*/${type.name}/*`, { lag: "lossless", eventsMax: 2 * QUEUED_MAX });
      return { handler, subscription, consumed: handler.consume(subscription.stream) };
    });
  }

  /** Resolves when there is room for more. Rejects with StorageError when the disk does not take the rows. */
  async room(): Promise<void> {
    while (this.#writers.some(({ subscription }) => subscription.queuedEvents > QUEUED_MAX / 2)) await nextTurn(this.#runtime.timers);
    await this.#orFailed(this.#storage.room(HELD_BYTES_MAX));
  }

  /** Resolves with the number of rows when all of them are in day files. */
  async finish(): Promise<number> {
    for (const { subscription } of this.#writers) subscription.close();
    await Promise.all(this.#writers.map(({ consumed }) => consumed));
    for (const { handler } of this.#writers) handler.sealAll();
    await this.#orFailed(this.#storage.drain());
    return this.#storage.rowsMerged;
  }

  [Symbol.dispose](): void {
    for (const { handler, subscription } of this.#writers) {
      subscription.close();
      handler[Symbol.dispose]();
    }
    this.#storage[Symbol.dispose]();
    this.#lock.release();
  }

  async #orFailed(done: Promise<unknown>): Promise<void> {
    const failed = await Promise.race([done.then(() => undefined), this.#storage.failed]);
    if (failed !== undefined) throw failed;
  }
}
