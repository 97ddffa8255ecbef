import type { Agora } from "../agora/agora.ts";
import { partsOf } from "../lib/stream_path.ts";
import type { Dispatcher } from "../network/dispatcher.ts";
import { History } from "../processing/pts/history.ts";
import type { LooseChunk } from "../processing/pts/stream_view.ts";
import type { StorageState } from "../processing/gateway/gateway_world.ts";
import type { Gateway } from "../processing/gateway/gateway.ts";
import type { StorageService } from "../processing/storage/storage_service.ts";
import type { Runtime } from "../runtime/runtime.ts";
import { GatewayHappenings } from "../telemetry/gateway_happenings.ts";
import type { Happenings } from "../telemetry/happenings.ts";
import type { Telemetry } from "../telemetry/telemetry.ts";
import type { Config } from "./config.ts";
import { freeBytes, gatewayOf, listen } from "./gateway.ts";

/** What of a recorder its gateway shows, and asks. */
export interface Recorder {
  readonly version: string;
  readonly agora: Agora;
  readonly telemetry: Telemetry;
  readonly happenings: Happenings;
  readonly storage: StorageService;
  /** The generation its rows belong to. */
  readonly hash: string;
  readonly writers: readonly Writer[];
  /** By source, as far as they are there yet. */
  dispatchers(): readonly (readonly [id: string, dispatcher: Dispatcher])[];
}

interface Writer {
  readonly name: string;
  readonly handler: {
    readonly rows: number;
    readonly rowsBuffered: number;
    peek(path: string): Omit<LooseChunk, "hash"> | undefined;
    sealEach(): Generator<string>;
  };
}

/** The gateway of a recorder, with the history of its data path; neither is there where `gateway.listen` is "off". */
export class RecorderGateway implements AsyncDisposable {
  readonly #runtime: Runtime;
  readonly #recorder: Recorder;
  readonly #dataPath: string;
  readonly #history: History;
  readonly #gateway: Gateway | undefined;
  readonly #happenings: GatewayHappenings;

  constructor(runtime: Runtime, { gateway, dataPath }: Config, recorder: Recorder) {
    const { agora, telemetry, happenings, version, storage } = recorder;
    this.#runtime = runtime;
    this.#recorder = recorder;
    this.#dataPath = dataPath;
    this.#happenings = new GatewayHappenings(telemetry);
    this.#history = new History(runtime, happenings, { dataPath, memory: (paths) => this.#memory(paths) });
    this.#gateway = gatewayOf(gateway, {
      runtime,
      agora,
      telemetry,
      happenings: this.#happenings,
      version,
      history: this.#history,
      sources: () => recorder.dispatchers().map(([id, dispatcher]) => ({ id, ...dispatcher.status, ...dispatcher.delivery })),
      storage: () => this.#storageState(),
      admin: {
        flush: () => this.#flush(),
        bump: (path, hash) => storage.bump(path, hash),
        bumpAll: (hash) => storage.bump(undefined, hash),
      },
    });
  }

  /** Throws ConfigError where the address cannot be had, before any socket to a venue opens. */
  async listen(listening: (url: string) => void): Promise<void> {
    const url = await listen(this.#gateway);
    if (url === undefined) return;
    if (this.#runtime.process.isRoot) this.#happenings.runsAsRoot();
    this.#happenings.gatewayListening(url);
    listening(url);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#gateway?.[Symbol.asyncDispose]();
    this.#history[Symbol.dispose]();
  }

  /** Everything received so far is in day files when it resolves. */
  async #flush(): Promise<void> {
    const { writers, storage } = this.#recorder;
    await storage.drain(writers.map(({ handler }) => handler));
  }

  /** Rows that are not on disk, of everything that was published before the call. */
  #memory(paths: readonly string[]): Promise<Record<string, LooseChunk[]>> {
    const { writers, storage, hash } = this.#recorder;
    const writerOf = (path: string) => writers.find(({ name }) => name === partsOf(path).type);
    const looseOf = (path: string): LooseChunk[] => {
      const buffered = writerOf(path)?.handler.peek(path);
      return [...storage.heldOf(path), ...(buffered === undefined ? [] : [{ hash, ...buffered }])];
    };
    return Promise.resolve(Object.fromEntries(paths.map((path) => [path, looseOf(path)])));
  }

  #storageState(): StorageState {
    const { writers, storage } = this.#recorder;
    return {
      dataPath: this.#dataPath,
      rowsBuffered: Object.fromEntries(writers.map(({ name, handler }) => [name, handler.rowsBuffered])),
      rowsMerged: storage.rowsMerged,
      bytesUnsaved: storage.heldBytes,
      diskFreeBytes: freeBytes(this.#runtime, this.#dataPath),
    };
  }
}
