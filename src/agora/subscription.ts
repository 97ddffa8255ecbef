import type { EventBase, EventType } from "../events/event_type.ts";
import type { Batch } from "./batch.ts";
import type { PathNode, Tap } from "./path_node.ts";

/**
 * What happens when the reader lags more than `eventsMax` events behind, said by every subscriber:
 * `lossless` fails the stream loudly, `latest` keeps the newest event of each path, `drop-oldest` drops and counts.
 */
export interface SubscribeOptions {
  readonly lag: "lossless" | "latest" | "drop-oldest";
  readonly eventsMax: number;
}

/** A lossless subscriber fell too far behind; its stream ended here. */
export class LagError extends Error {
  override readonly name = "LagError";
}

interface Owner {
  touched(self: Subscription): void;
  closed(self: Subscription): void;
}

const BATCH_EVENTS_MAX = 4_096; // keeps a chunk of a lagging reader below a millisecond of work

/** A bounded ring between the paths and one reader. Chunks are batches of one type, in order of arrival. */
export class Subscription<T extends EventBase = EventBase> implements Tap, AsyncDisposable {
  readonly current: ReadonlyMap<string, T>;
  readonly stream: ReadableStream<Batch<T>>;
  readonly #options: SubscribeOptions;
  readonly #owner: Owner;
  readonly #runs: Run<T>[] = [];
  #queued = 0;
  /** `eventsMax`, or for `latest` twice the number of paths, so that the newest event of each always has room. */
  #limit: number;
  #lost = 0;
  #isWaiting = false;
  #isTouched = false;
  #isClosed = false;
  #controller: ReadableStreamDefaultController<Batch<T>> | undefined;
  #roomWaiters: (() => void)[] = [];

  constructor(current: ReadonlyMap<string, T>, options: SubscribeOptions, owner: Owner) {
    this.current = current;
    this.#options = options;
    this.#limit = options.eventsMax;
    this.#owner = owner;
    this.stream = new ReadableStream<Batch<T>>({
      start: (controller) => {
        this.#controller = controller;
      },
      pull: () => {
        this.#isWaiting = true;
        // Waiting for the turn's end lets everything the turn brings into one chunk.
        if (this.#queued > 0) this.#touch();
      },
      cancel: () => this.#detach(),
    }, { highWaterMark: 0 });
  }

  /** Events dropped or conflated because the reader lagged. */
  get lost(): number {
    return this.#lost;
  }

  get queuedEvents(): number {
    return this.#queued;
  }

  /** Resolves when the reader is less than half of `eventsMax` behind: the back-pressure of a source that can wait, such as a file. */
  room(): Promise<void> {
    if (this.#isClosed || this.#queued < this.#options.eventsMax / 2) return Promise.resolve();
    return new Promise((resolve) => this.#roomWaiters.push(resolve));
  }

  event(node: PathNode, event: EventBase): void {
    if (this.#isClosed) return;
    if (this.#queued >= this.#limit && !this.#makeRoom(node.path)) return;
    let run = this.#runs.at(-1);
    if (run === undefined || run.type !== node.type as unknown || run.events.length >= BATCH_EVENTS_MAX) {
      run = { type: node.type as unknown as EventType<T>, from: 0, paths: [], seqs: [], events: [] };
      this.#runs.push(run);
    }
    run.paths.push(node.path);
    run.seqs.push(node.seq);
    run.events.push(event as T);
    this.#queued++;
    if (this.#isWaiting) this.#touch();
  }

  /** Called by Agora at the end of a turn. */
  flush(): void {
    this.#isTouched = false;
    if (!this.#isWaiting || this.#isClosed) return;
    const run = this.#runs.shift();
    if (run === undefined) return;
    this.#isWaiting = false;
    this.#queued -= run.events.length - run.from;
    this.#controller?.enqueue(batchOf(run));
    if (this.#queued < this.#options.eventsMax / 2) { for (const resolve of this.#roomWaiters.splice(0)) resolve(); }
  }

  /** Nothing more comes in; what is queued is still delivered, then the stream ends. */
  close(): void {
    if (this.#isClosed) return;
    for (const run of this.#runs.splice(0)) this.#controller?.enqueue(batchOf(run));
    this.#queued = 0;
    this.#controller?.close();
    this.#detach();
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.close();
    return Promise.resolve();
  }

  #touch(): void {
    if (this.#isTouched) return;
    this.#isTouched = true;
    this.#owner.touched(this as unknown as Subscription);
  }

  /** Returns false when the new event must not be queued. */
  #makeRoom(path: string): boolean {
    switch (this.#options.lag) {
      case "lossless":
        this.#controller?.error(new LagError(`subscriber is ${this.#queued} events behind (limit ${this.#options.eventsMax}), at ${path}`));
        this.#detach();
        return false;
      case "latest":
        this.#conflate();
        return true;
      case "drop-oldest":
        this.#dropOldest();
        return true;
    }
  }

  #dropOldest(): void {
    const run = this.#runs[0]!;
    run.from++;
    this.#queued--;
    this.#lost++;
    if (run.from === run.events.length) this.#runs.shift();
  }

  /** Keeps the newest queued event of each path, in order of arrival. */
  #conflate(): void {
    const seen = new Set<string>();
    let kept = 0;
    for (let i = this.#runs.length - 1; i >= 0; i--) {
      const run = this.#runs[i]!;
      const keep: number[] = [];
      for (let row = run.events.length - 1; row >= run.from; row--) {
        if (seen.has(run.paths[row]!)) continue;
        seen.add(run.paths[row]!);
        keep.push(row);
      }
      keep.reverse();
      kept += keep.length;
      this.#runs[i] = {
        type: run.type,
        from: 0,
        paths: keep.map((row) => run.paths[row]!),
        seqs: keep.map((row) => run.seqs[row]!),
        events: keep.map((row) => run.events[row]!),
      };
    }
    for (let i = this.#runs.length - 1; i >= 0; i--) if (this.#runs[i]!.events.length === 0) this.#runs.splice(i, 1);
    this.#lost += this.#queued - kept;
    this.#queued = kept;
    this.#limit = Math.max(this.#options.eventsMax, 2 * kept);
  }

  #detach(): void {
    this.#isClosed = true;
    this.#owner.closed(this as unknown as Subscription);
    for (const resolve of this.#roomWaiters.splice(0)) resolve();
  }
}

interface Run<T extends EventBase> {
  readonly type: EventType<T>;
  /** Rows before it were dropped. */
  from: number;
  readonly paths: string[];
  readonly seqs: number[];
  readonly events: T[];
}

function batchOf<T extends EventBase>(run: Run<T>): Batch<T> {
  if (run.from === 0) return run;
  return { type: run.type, paths: run.paths.slice(run.from), seqs: run.seqs.slice(run.from), events: run.events.slice(run.from) };
}
