import { StorageError } from "../../lib/errors.ts";
import { partsOf } from "../../lib/stream_path.ts";
import type { Runtime, Thread } from "../../runtime/runtime.ts";
import type { Happenings } from "../../telemetry/happenings.ts";
import type { EventsQuery, FromHistory, ToHistory } from "./history_messages.ts";
import type { Present } from "./history_reader.ts";
import type { LooseChunk } from "./stream_view.ts";

export interface HistoryOptions {
  readonly dataPath: string;
  /** False where nothing is being written: what is replayed is the past. */
  readonly isRecording?: boolean;
  /** Rows of a stream that are not on disk, everything that was published before the call included. */
  readonly memory: (paths: readonly string[]) => Promise<Readonly<Record<string, readonly LooseChunk[]>>>;
}

const REQUESTS_MAX = 64; // questions under way; each may hold a file open and a few MB

/** Too many questions are under way. */
export class HistoryBusy extends Error {
  override readonly name = "HistoryBusy";
}

/**
 * The history thread as the socket's thread sees it: it gathers what memory holds, hands the question over, and passes bytes on as fast as
 * the asker takes them. The thread is started with the first question; its death fails what is under way, and the next question starts it
 * again.
 */
export class History implements Disposable {
  readonly #runtime: Pick<Runtime, "threads" | "disk">;
  readonly #happenings: Happenings;
  readonly #options: HistoryOptions;
  readonly #waiting = new Map<number, (message: FromHistory) => void>();
  readonly #open = new Set<number>();
  /** Under way, by the number of days. */
  readonly #surveys = new Map<number, Promise<string>>();
  #thread: Thread | undefined;
  #requests = 0;

  constructor(runtime: Pick<Runtime, "threads" | "disk">, happenings: Happenings, options: HistoryOptions) {
    this.#runtime = runtime;
    this.#happenings = happenings;
    this.#options = options;
  }

  /** Is anything of that stream on disk? Two small looks at folders. */
  knows(path: string): boolean {
    const { dataPath } = this.#options;
    return [`${dataPath}/${path}`, `${dataPath}/tmp/${path}`].some((folder) => this.#runtime.disk.exists(folder));
  }

  /** What the files do not say about a stream. Whoever reads the files after that misses nothing. */
  async present(path: string, isUndelivered: boolean): Promise<Present> {
    const { source, symbol } = partsOf(path);
    const memory = await this.#options.memory([path, `${source}/gap/${symbol}`, `${source}/session/_all`]);
    return { isRecording: this.#options.isRecording ?? true, memory, isUndelivered };
  }

  /** The answer as JSON. Rejects with StorageError, or HistoryBusy. */
  async asOf(path: string, at: number, levels: number, isUndelivered: boolean): Promise<string> {
    const request = this.#begin();
    try {
      const present = await this.present(path, isUndelivered);
      const { dataPath } = this.#options;
      const answer = await this.#ask({ kind: "as_of", request, dataPath, path, at, levels, present });
      if (answer.kind !== "answer") throw new TypeError(`history answered as_of with ${answer.kind}`);
      return answer.text;
    } finally {
      this.#open.delete(request);
    }
  }

  /** How complete the last days are, as JSON, up to what is in files. Who asks while it is looked at gets the same answer. Rejects like `asOf`. */
  completeness(now: number, days: number): Promise<string> {
    let survey = this.#surveys.get(days);
    if (survey === undefined) {
      survey = this.#survey(now, days).finally(() => this.#surveys.delete(days));
      this.#surveys.set(days, survey);
    }
    return survey;
  }

  async #survey(now: number, days: number): Promise<string> {
    const request = this.#begin();
    try {
      const answer = await this.#ask({ kind: "completeness", request, dataPath: this.#options.dataPath, now, days });
      if (answer.kind !== "answer") throw new TypeError(`history answered completeness with ${answer.kind}`);
      return answer.text;
    } finally {
      this.#open.delete(request);
    }
  }

  /** What the events lack, as JSON, and their bytes. Rejects like `asOf`; so does the stream. */
  async events(query: EventsQuery, isUndelivered: boolean): Promise<{ readonly lacks: string; readonly body: ReadableStream<Uint8Array> }> {
    const request = this.#begin();
    try {
      const present = await this.present(query.path, isUndelivered);
      const begun = await this.#ask({ kind: "events", request, dataPath: this.#options.dataPath, ...query, present });
      if (begun.kind !== "begun") throw new TypeError(`history answered events with ${begun.kind}`);
      return { lacks: begun.lacks, body: this.#body(request) };
    } catch (error) {
      this.#open.delete(request);
      throw error;
    }
  }

  [Symbol.dispose](): void {
    this.#thread?.terminate();
    this.#thread = undefined;
    this.#failAll("argus is stopping");
  }

  #body(request: number): ReadableStream<Uint8Array> {
    return new ReadableStream<Uint8Array>({
      pull: async (controller) => {
        try {
          const piece = await this.#ask({ kind: "next", request });
          if (piece.kind !== "piece") throw new TypeError(`history answered next with ${piece.kind}`);
          if (piece.bytes.length > 0) controller.enqueue(piece.bytes);
          if (!piece.isLast) return;
        } catch (error) {
          this.#open.delete(request);
          throw error;
        }
        this.#open.delete(request);
        controller.close();
      },
      cancel: () => {
        this.#open.delete(request);
        this.#thread?.post({ kind: "close", request } satisfies ToHistory);
      },
    }, { highWaterMark: 0 });
  }

  #begin(): number {
    if (this.#open.size >= REQUESTS_MAX) throw new HistoryBusy(`${REQUESTS_MAX} questions about the past are under way`);
    const request = ++this.#requests;
    this.#open.add(request);
    return request;
  }

  #ask(question: ToHistory): Promise<FromHistory> {
    this.#thread ??= this.#spawn();
    return new Promise((resolve, reject) => {
      this.#waiting.set(question.request, (message) => {
        if (message.kind === "failed") reject(failureOf(message));
        else resolve(message);
      });
      this.#thread!.post(question);
    });
  }

  #spawn(): Thread {
    return this.#runtime.threads.spawn("history", {
      message: (message) => this.#heard(message as FromHistory),
      died: (reason) => {
        this.#thread = undefined;
        this.#happenings.threadDied("history", reason);
        this.#failAll("the history thread ended; ask again");
      },
    });
  }

  #heard(message: FromHistory): void {
    const waiting = this.#waiting.get(message.request);
    this.#waiting.delete(message.request);
    waiting?.(message);
  }

  #failAll(why: string): void {
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    for (const [request, hear] of waiting) hear({ kind: "failed", request, message: why, hint: "" });
  }
}

function failureOf({ message, hint }: Extract<FromHistory, { kind: "failed" }>): StorageError {
  return new StorageError({ op: "read", path: "the history", code: message.replace(/\.$/, ""), hint });
}
