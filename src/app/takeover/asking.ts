import { StorageError } from "../../lib/errors.ts";
import { sleep } from "../../lib/sleep.ts";
import { type DataPathLock, TAKEOVER_FILE, tryLockDataPath } from "../../processing/storage/lock.ts";
import type { DiskLock, Runtime } from "../../runtime/runtime.ts";
import type { TakeoverHappenings } from "../../telemetry/takeover_happenings.ts";
import { Answers, type Request, requestText } from "./request.ts";

export interface AskingOptions extends Omit<Request, "isReady" | "holder"> {
  readonly dataPath: string;
  /** As in `lockDataPath`. */
  readonly what: string;
}

/** How the recorder before left: with a document that says where, or without a word. */
export interface Left {
  readonly document: string | undefined;
  /** The data path, where it is free already. */
  readonly lock: DataPathLock | undefined;
}

const LOOK_MS = 100;
const LOCK_TRIES = 10; // the one that is asked holds the lock for a moment while it looks whether anybody is there
const ANSWER_MS = 10_000; // it looks four times a second
const READY_MS_MAX = 60_000; // a dozen sockets take seconds
const PROVEN_MS = 4_000; // all sockets carry their streams for so long: then silence of both sides joins them, as in a swap of sockets
const SLOW_MS = 30_000;

/** Asks the recorder that holds a data path to leave it. One at a time may: the lock on the request says so, and that we are alive. */
export class Asking implements Disposable {
  readonly #runtime: Runtime;
  readonly #happenings: TakeoverHappenings;
  readonly #options: AskingOptions;
  readonly #lock: DiskLock;
  readonly #answers: Answers;
  readonly #file: string;

  private constructor(runtime: Runtime, happenings: TakeoverHappenings, options: AskingOptions, lock: DiskLock) {
    this.#runtime = runtime;
    this.#happenings = happenings;
    this.#options = options;
    this.#lock = lock;
    this.#file = `${options.dataPath}/${TAKEOVER_FILE}`;
    this.#answers = new Answers(runtime.disk, options.dataPath, options.hash);
  }

  /** Rejects with StorageError where another one asks already. */
  static async begin(runtime: Runtime, happenings: TakeoverHappenings, options: AskingOptions): Promise<Asking> {
    const { disk, timers } = runtime;
    const never = new AbortController().signal;
    const file = `${options.dataPath}/${TAKEOVER_FILE}`;
    for (let tries = 0; tries < LOCK_TRIES; tries++) {
      if (tries > 0) await sleep(timers, LOOK_MS, never);
      const lock = disk.lock(file);
      if (lock === undefined) continue;
      const asking = new Asking(runtime, happenings, options, lock);
      asking.#describe(false);
      if (disk.exists(file) && new TextDecoder().decode(disk.read(file)) === asking.#text(false)) return asking;
      lock.release(); // the file was removed between its opening and its locking
    }
    const holder = disk.exists(file) ? new TextDecoder().decode(disk.read(file)).split("\n")[0] : "";
    throw failure(options.dataPath, `another argus does so already (${holder})`, "Wait for it.");
  }

  /**
   * Resolves when the one before has left, or is gone; undefined when the signal aborted before it was asked. Rejects with StorageError
   * where it refuses or does not answer, or our streams are not there in time: it records on then. `undelivered`: what we do not carry yet.
   */
  async leave(undelivered: () => readonly string[], signal: AbortSignal): Promise<Left | undefined> {
    const { clock } = this.#runtime;
    const { dataPath } = this.#options;
    const startMs = clock.monotonicMs();
    for (let readyMs = Infinity; clock.monotonicMs() - readyMs < PROVEN_MS;) {
      const lock = this.#tryLock();
      if (lock !== undefined) return { lock, document: undefined };
      if (signal.aborted) return undefined;
      const lacking = undelivered();
      readyMs = lacking.length === 0 ? Math.min(readyMs, clock.monotonicMs()) : Infinity;
      if (clock.monotonicMs() - startMs > READY_MS_MAX) {
        const named = lacking.slice(0, 5).join(", ");
        throw failure(dataPath, `${lacking.length} streams are not delivered here after ${READY_MS_MAX / 1_000} s: ${named}`, STAYS);
      }
      await this.#pause();
    }
    this.#describe(true);
    return await this.#answer(signal);
  }

  /** The data path is free when it resolves, however long the one before drains; undefined when the signal aborts. */
  async free(signal: AbortSignal): Promise<DataPathLock | undefined> {
    while (!signal.aborted) {
      const lock = this.#tryLock();
      if (lock !== undefined) return lock;
      await sleep(this.#runtime.timers, LOOK_MS, signal);
    }
    return undefined;
  }

  /** The data path is ours, or the one before keeps it: nothing is asked any more. */
  [Symbol.dispose](): void {
    try {
      this.#runtime.disk.remove(this.#file);
    } catch (error) {
      if (!(error instanceof StorageError)) throw error; // without its lock it does no harm
    }
    this.#lock.release();
  }

  async #answer(signal: AbortSignal): Promise<Left | undefined> {
    const { clock } = this.#runtime;
    const { dataPath } = this.#options;
    const askedMs = clock.monotonicMs();
    for (let isSlow = false;;) {
      // In this order: it writes the document before it lets go.
      const lock = this.#tryLock();
      const { document, refusal, isSettled } = this.#answers;
      if (document !== undefined || lock !== undefined) return { document, lock };
      const waitedMs = clock.monotonicMs() - askedMs;
      if (refusal !== undefined) throw failure(dataPath, refusal, "It records on. Give this one the same sources, symbols and types.");
      if (!isSettled && (signal.aborted || waitedMs > ANSWER_MS) && this.#answers.settle("withdrawn")) {
        if (signal.aborted) return undefined;
        throw failure(dataPath, `the argus that records there does not answer within ${ANSWER_MS / 1_000} s`, STAYS);
      }
      if (waitedMs > SLOW_MS && !isSlow) this.#happenings.slow(Math.round(waitedMs / 1_000));
      isSlow ||= waitedMs > SLOW_MS;
      await this.#pause();
    }
  }

  #tryLock(): DataPathLock | undefined {
    const { dataPath, what } = this.#options;
    return tryLockDataPath(this.#runtime, dataPath, what);
  }

  #describe(isReady: boolean): void {
    this.#lock.describe(this.#text(isReady));
  }

  #text(isReady: boolean): string {
    const { process } = this.#runtime;
    const { what, hash, sources } = this.#options;
    return requestText({ holder: `${what}, pid ${process.pid} on ${process.host}`, hash, isReady, sources });
  }

  #pause(): Promise<void> {
    return sleep(this.#runtime.timers, LOOK_MS, new AbortController().signal);
  }
}

const STAYS = "It records on as before. An older version does not know the question: stop it, then start this one.";

function failure(path: string, code: string, hint: string): StorageError {
  return new StorageError({ op: "take over", path, code, hint });
}
