import { StorageError } from "../../lib/errors.ts";
import { TAKEOVER_FILE } from "../../processing/storage/lock.ts";
import type { Cancel, Runtime } from "../../runtime/runtime.ts";
import type { TakeoverHappenings } from "../../telemetry/takeover_happenings.ts";
import { Answers, clearAnswers, parseRequest, type Request, uncovered } from "./request.ts";

export interface DoorOptions {
  readonly dataPath: string;
  /** Of the recorder that holds the data path. */
  readonly hash: string;
  /** Streams it records now. */
  readonly paths: () => readonly string[];
}

const LOOK_MS = 250;
const NAMED_MAX = 5;

/** Where the recorder that holds a data path is asked to leave. It stops for nobody who is not there, and ready, at that moment. */
export class TakeoverDoor implements Disposable {
  /** Resolves with the request that was accepted: from then on this recorder has to leave. */
  readonly accepted: Promise<Request>;
  readonly #runtime: Pick<Runtime, "disk">;
  readonly #happenings: TakeoverHappenings;
  readonly #options: DoorOptions;
  readonly #file: string;
  readonly #cancel: Cancel;
  /** What was answered, or can never be. */
  #settled: string | undefined;
  #isAccepted = false;
  #accept!: (request: Request) => void;

  constructor(runtime: Pick<Runtime, "disk" | "timers">, happenings: TakeoverHappenings, options: DoorOptions) {
    this.#runtime = runtime;
    this.#happenings = happenings;
    this.#options = options;
    this.#file = `${options.dataPath}/${TAKEOVER_FILE}`;
    this.accepted = new Promise((resolve) => this.#accept = resolve);
    this.#cancel = runtime.timers.every(LOOK_MS, () => this.#look());
  }

  /** Nobody is answered any more. What was answered goes, but for the request that was accepted: that one is read yet. */
  [Symbol.dispose](): void {
    this.#cancel();
    if (!this.#isAccepted) clearAnswers(this.#runtime.disk, this.#options.dataPath);
  }

  #look(): void {
    try {
      if (this.#runtime.disk.exists(this.#file)) this.#answer();
    } catch (error) {
      if (!(error instanceof StorageError)) throw error;
      this.#happenings.requestFailed(error.message); // a disk that refuses an answer: nobody stops
    }
  }

  #answer(): void {
    const { disk } = this.#runtime;
    const text = new TextDecoder().decode(disk.read(this.#file));
    if (text === this.#settled) return;
    const lock = disk.lock(this.#file);
    if (lock !== undefined) {
      // Whoever asked is gone.
      disk.remove(this.#file);
      lock.release();
      return this.#happenings.requestStale(text.split("\n")[0]!);
    }
    const request = parseRequest(text);
    if (request === undefined || !request.isReady) return; // it is being written, or its sockets are still connecting
    const { dataPath, hash, paths } = this.#options;
    const answers = new Answers(disk, dataPath, request.hash);
    const why = refusalOf(request, hash, paths());
    if (why !== undefined) answers.refuse(why);
    this.#isAccepted = why === undefined && answers.settle("accepted");
    this.#settled = text;
    if (why !== undefined) this.#happenings.refused(request.holder, why);
    if (!this.#isAccepted) return;
    this.#cancel();
    this.#accept(request);
  }
}

function refusalOf(request: Request, hash: string, paths: readonly string[]): string | undefined {
  if (request.hash <= hash) {
    return "its generation would sort before the one that records now: this machine's clock was set back. Try again";
  }
  const ending = uncovered(paths, request);
  if (ending.length === 0) return undefined;
  const named = ending.slice(0, NAMED_MAX).join(", ");
  return `${ending.length} streams that are recorded now would end: ${named}${ending.length > NAMED_MAX ? ", …" : ""}`;
}
