import { nextTurn } from "../../lib/next_turn.ts";
import { eventTypeOf } from "../../events/registry.ts";
import { assert, unreachable } from "../../lib/assert.ts";
import { partsOf } from "../../lib/stream_path.ts";
import type { Runtime, ThreadPort } from "../../runtime/runtime.ts";
import { JournalRecovery, type Recovery } from "../journal/recovery.ts";
import { chunkKey } from "../journal/segment_ledger.ts";
import { type StorageWorld, storageWorld } from "./day_file.ts";
import { DiskRoom } from "./disk_room.ts";
import { DayRolls } from "./day_rolls.ts";
import { FlushHandler } from "./flush_handler.ts";
import { tmpFolder } from "./paths.ts";
import { type Failure, failureOf, type FromStorage, type StorageNews, type ToStorage } from "./storage_messages.ts";

/** The storage thread: encodes, writes, merges, one thing after the other, away from the sockets. */
export function serveStorage(runtime: Runtime, port: ThreadPort): void {
  const thread = new StorageThread(runtime, (message) => port.post(message));
  port.receive((message) => thread.receive(message as ToStorage));
}

const BEHIND_A_REFUSED_ONE: Failure = { op: "write", path: "", code: "order", hint: "" };

class StorageThread {
  readonly #runtime: Runtime;
  readonly #post: (message: FromStorage) => void;
  readonly #jobs: (() => Promise<void> | void)[] = [];
  readonly #handlers = new Map<string, FlushHandler<never>>();
  /** Streams whose merge is queued. */
  readonly #queued = new Set<string>();
  /** Streams with a refused chunk, and its number: what comes behind it waits, or rows would stand in another order. */
  readonly #refused = new Map<string, number>();
  /** Accepted for every path, beside our own. */
  readonly #generations: string[] = [];
  #world: StorageWorld | undefined;
  #recovery: JournalRecovery | undefined;
  #room: DiskRoom | undefined;
  #opened: Extract<ToStorage, { kind: "open" }> | undefined;
  #rolls: DayRolls | undefined;
  #isRunning = false;

  constructor(runtime: Runtime, post: (message: FromStorage) => void) {
    this.#runtime = runtime;
    this.#post = post;
  }

  receive(message: ToStorage): void {
    this.#jobs.push(() => this.#do(message));
    this.#run();
  }

  /** One job a turn of the event loop, so that the heartbeat gets its turns too. Days are rolled, a little a turn, when no job waits. */
  #run(): void {
    if (this.#isRunning) return;
    const job = this.#jobs.shift() ?? this.#rolls?.next();
    if (job === undefined) return;
    this.#isRunning = true;
    this.#runtime.timers.turn(() => {
      void (async () => await job())().then(() => {
        this.#isRunning = false;
        this.#run();
      }, (error) =>
        this.#runtime.timers.turn(() => {
          throw error; // as any other bug: it ends the thread
        }));
    });
  }

  #do(message: ToStorage): Promise<void> | void {
    switch (message.kind) {
      case "open":
        return this.#open(message);
      case "chunk":
        return this.#accept(message);
      case "bump":
        return this.#bump(message);
      case "flush":
        return this.#flush(message);
      default:
        return unreachable(message);
    }
  }

  async #open(message: Extract<ToStorage, { kind: "open" }>): Promise<void> {
    this.#opened = message;
    this.#world = storageWorld(this.#runtime, message.writer);
    this.#room = new DiskRoom(this.#runtime, message.dataPath, (news) => this.#tell(news));
    try {
      this.#room.require("seal", message.dataPath);
      this.#adopt(message.dataPath);
      if (message.recovers) this.#post({ kind: "recovered", recovery: await this.#recover(message) });
    } catch (error) {
      this.#post({ kind: "recovered", recovery: failureOf(error) });
    }
    for (const handler of this.#handlers.values()) this.#queueMerges(handler, handler.symbols);
    this.#rolls = this.#dayRolls(message);
    this.#rolls.look();
    this.#runtime.timers.every(message.flushIntervalMs, () => this.#tick());
  }

  /** Chunks of earlier recorders. */
  #adopt(dataPath: string): void {
    let chunks = 0;
    const { disk } = this.#runtime;
    const tmp = tmpFolder(dataPath);
    for (const { name: source } of disk.list(tmp).filter(({ isFolder }) => isFolder)) {
      for (const { name: type } of disk.list(`${tmp}/${source}`)) {
        if (eventTypeOf(type) !== undefined) chunks += this.#handler(source, type).adopt();
      }
    }
    if (chunks > 0) this.#tell({ what: "recovered", chunks });
  }

  /** Before anything new is taken, so that the old rows stand before the new ones. */
  async #recover({ dataPath, hash }: Extract<ToStorage, { kind: "open" }>): Promise<Recovery> {
    this.#recovery = new JournalRecovery(this.#world!, this.#runtime.timers, {
      dataPath,
      hash,
      accept: (path, hash, chunk, table) => {
        this.#room!.require("seal", path);
        const { handler, symbol } = this.#handlerOf(path);
        handler.bump(symbol, hash);
        handler.accept(symbol, hash, chunk, table);
      },
      progress: ({ done, of }) => this.#tell({ what: "recovering", done, of }),
      asideTold: (path, why) => this.#tell({ what: "aside", path, why }),
    });
    return await this.#recovery.run();
  }

  #accept({ id, table }: Extract<ToStorage, { kind: "chunk" }>): void {
    const { handler, symbol } = this.#handlerOf(id.path);
    const refused = this.#refused.get(id.path);
    if (refused !== undefined && id.chunk > refused) return this.#post({ kind: "refused", id, failure: BEHIND_A_REFUSED_ONE });
    try {
      this.#room!.require("seal", id.path);
      handler.accept(symbol, id.hash, id.chunk, table);
    } catch (error) {
      this.#refused.set(id.path, id.chunk);
      return this.#post({ kind: "refused", id, failure: failureOf(error) });
    }
    this.#refused.delete(id.path);
    this.#post({ kind: "durable", id });
    if (handler.isDue(symbol)) this.#queueMerges(handler, [symbol]);
  }

  #bump({ path, hash }: Extract<ToStorage, { kind: "bump" }>): void {
    if (path !== undefined) {
      const { handler, symbol } = this.#handlerOf(path);
      return handler.bump(symbol, hash);
    }
    this.#generations.push(hash);
    for (const handler of this.#handlers.values()) handler.bump_all(hash);
  }

  async #flush({ request, paths }: Extract<ToStorage, { kind: "flush" }>): Promise<void> {
    let failure: Failure | undefined;
    for (const { handler, symbol } of paths?.map((path) => this.#handlerOf(path)) ?? this.#waiting()) {
      for (let merged: Failure | "some" | undefined = "some"; merged === "some";) {
        merged = this.#mergeSome(handler, symbol);
        if (merged !== "some") failure = merged ?? failure;
        await nextTurn(this.#runtime.timers);
      }
    }
    if (paths === undefined) this.#tidy();
    this.#post({ kind: "done", request, failure });
  }

  /** Streams with chunks that wait. */
  #waiting(): { readonly handler: FlushHandler<never>; readonly symbol: string }[] {
    return [...this.#handlers.values()].flatMap((handler) => handler.symbols.map((symbol) => ({ handler, symbol })));
  }

  /** Nothing waits any more. */
  #tidy(): void {
    for (const handler of this.#handlers.values()) {
      try {
        handler.tidy();
      } catch (error) {
        failureOf(error); // empty folders stay: no row depends on them
      }
    }
    this.#recovery?.sweep();
  }

  #dayRolls({ dataPath, flushIntervalMs, writer }: Extract<ToStorage, { kind: "open" }>): DayRolls {
    this.#world ??= storageWorld(this.#runtime, writer);
    return new DayRolls(this.#world, {
      dataPath,
      flushIntervalMs,
      isWaiting: (path, date) => {
        const { handler, symbol } = this.#handlerOf(path);
        return handler.isWaiting(symbol, date);
      },
      tell: (news) => this.#tell(news),
    });
  }

  #tick(): void {
    this.#recovery?.sweep();
    this.#rolls?.look();
    for (const handler of this.#handlers.values()) this.#queueMerges(handler, handler.symbols.filter((symbol) => handler.isDue(symbol)));
  }

  /** Behind what is already queued; by then another job may have done it. */
  #queueMerges(handler: FlushHandler<never>, symbols: readonly string[]): void {
    for (const symbol of symbols) {
      const path = handler.pathOf(symbol);
      if (this.#queued.has(path)) continue;
      this.#queued.add(path);
      this.#jobs.push(() => {
        this.#queued.delete(path);
        if (handler.isDue(symbol) && this.#room!.canMerge) this.#merge(handler, symbol);
      });
    }
    this.#run();
  }

  /** A part now, the rest behind what is queued by then. */
  #merge(handler: FlushHandler<never>, symbol: string): void {
    if (this.#mergeSome(handler, symbol) === "some") this.#jobs.push(() => this.#merge(handler, symbol));
  }

  /** `some`: there is more. */
  #mergeSome(handler: FlushHandler<never>, symbol: string): Failure | "some" | undefined {
    try {
      this.#room!.require("merge", handler.pathOf(symbol));
      return handler.flushSome(symbol) ? undefined : "some";
    } catch (error) {
      const failure = failureOf(error);
      this.#tell({ what: "merge_failed", path: failure.path, failure });
      return failure;
    }
  }

  #handlerOf(path: string): { readonly handler: FlushHandler<never>; readonly symbol: string } {
    const { source, type, symbol } = partsOf(path);
    return { handler: this.#handler(source, type), symbol };
  }

  #handler(source: string, typeName: string): FlushHandler<never> {
    const key = `${source}/${typeName}`;
    let handler = this.#handlers.get(key);
    if (handler === undefined) {
      const opened = this.#opened;
      const type = eventTypeOf(typeName);
      assert(opened !== undefined && type !== undefined, `no storage is open for ${key}`);
      handler = new FlushHandler<never>(this.#world!, type as never, {
        dataPath: opened.dataPath,
        source,
        flushIntervalMs: opened.flushIntervalMs,
        tell: (news) => this.#tell(news),
      });
      for (const hash of [opened.hash, ...this.#generations]) handler.bump_all(hash);
      this.#handlers.set(key, handler);
    }
    return handler;
  }

  #tell(news: StorageNews): void {
    if (news.what === "merged") this.#rolls?.touched(news.path, news.date);
    this.#post({ kind: "news", news });
    if (news.what !== "merged") return;
    for (const chunk of news.chunks) this.#recovery?.merged(chunkKey(news.hash, news.path, chunk));
  }
}
