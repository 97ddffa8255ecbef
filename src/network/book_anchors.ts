/** socket ▸ worker ▸ codec ▸ router ▸ path.  Beside them: whole books, fetched so that any day file alone rebuilds the book. Out: snapshots. */
import type { DepthEvent } from "../events/depth.ts";
import type { Codec } from "../exchanges/codec.ts";
import type { Channel, Rest, Snapshot } from "../exchanges/source.ts";
import { DecodeError, RestError } from "../lib/errors.ts";
import { sleep } from "../lib/sleep.ts";
import { dateOf } from "../lib/time.ts";
import type { Cancel, Runtime } from "../runtime/runtime.ts";

/** A stream of book changes that wants anchors. */
export interface AnchoredBook {
  readonly path: string;
  // deno-lint-ignore no-explicit-any -- channels of all event types; the registry is the documented exception
  readonly channel: Channel<any, any>;
  /** The venue's own spelling. */
  readonly symbol: string;
  /** Update id of the newest change; undefined where there is none yet. */
  newestId(): number | undefined;
  fill(events: readonly DepthEvent[]): void;
}

export interface AnchorOptions {
  readonly intervalMs: number;
  /** Update ids after which the next one is due: whoever rebuilds a book goes through about as many changed levels at most. */
  readonly changes: number;
  /** Of the source; anchors take a part of it, so that healing and the universe have room. */
  readonly weightPerMinute: number;
  readonly signal: AbortSignal;
  /** A snapshot could not be had; it is tried again at the next interval. */
  readonly failed: (path: string, why: string) => void;
}

interface Book extends AnchoredBook {
  /** First update id of the unbroken run of changes: an older book does not join it. */
  runFirstId: number;
  /** Why an anchor is wanted, the most urgent first; undefined when none is. */
  due: Urgency | undefined;
  anchoredMs: number;
  anchoredDate: string;
  /** The newest update id then. */
  anchoredId: number;
  tries: number;
  notBeforeMs: number;
  settled: ((isAnchored: boolean) => void)[];
}

/** What another process goes on with. */
export interface BookState {
  readonly path: string;
  readonly runFirstId: number;
  readonly due: Urgency | undefined;
  /** How long ago the last whole book was fetched; undefined where none was. */
  readonly anchoredAgoMs: number | undefined;
  readonly anchoredDate: string;
  readonly anchoredId: number;
}

const URGENCY = { hole: 0, start: 1, interval: 2 } as const;
export type Urgency = keyof typeof URGENCY;

const SHARE = 0.4; // of the venue's weight
const BURST_MS = 15_000; // of its share at once, after a quiet while: a hole should not wait behind an even pace
const LOOK_MS = 1_000;
const TRIES_MAX = 10; // the venue answers from another server's memory, which may lag the stream by a moment
const RETRY_MS = 1_000;

/**
 * Keeps every book rebuildable: a snapshot when a stream begins, after each hole of it (of that symbol only), with each UTC day, each
 * interval and each so many changes; the most urgent first, evenly paced but for a first dozen. A snapshot counts when it is not older than
 * the unbroken run of changes it stands in; whoever rebuilds takes it and applies the changes with higher ids.
 */
export class BookAnchors implements Disposable {
  readonly #runtime: Runtime;
  readonly #rest: Rest;
  readonly #codec: Codec;
  readonly #options: AnchorOptions;
  readonly #books = new Map<string, Book>();
  readonly #look: Cancel;
  #isFetching = false;
  /** When its share of the weight allows the next one; in the past by what was not used. */
  #nextMs = -Infinity;

  constructor(runtime: Runtime, rest: Rest, codec: Codec, options: AnchorOptions) {
    this.#runtime = runtime;
    this.#rest = rest;
    this.#codec = codec;
    this.#options = options;
    this.#look = runtime.timers.every(LOOK_MS, () => this.#fetchNext());
  }

  /** The stream's first event. */
  began(book: AnchoredBook, firstId: number): void {
    this.#books.set(book.path, {
      ...book,
      runFirstId: firstId,
      due: "start",
      anchoredMs: -Infinity,
      anchoredDate: "",
      anchoredId: firstId,
      tries: 0,
      notBeforeMs: 0,
      settled: [],
    });
  }

  get state(): BookState[] {
    const nowMs = this.#runtime.clock.monotonicMs();
    return [...this.#books.values()].map(({ path, runFirstId, due, anchoredMs, anchoredDate, anchoredId }) => {
      return { path, runFirstId, due, anchoredAgoMs: anchoredMs === -Infinity ? undefined : nowMs - anchoredMs, anchoredDate, anchoredId };
    });
  }

  /** A book that another process began, where it stands. */
  goOn(book: AnchoredBook, { runFirstId, due, anchoredAgoMs = Infinity, anchoredDate, anchoredId }: BookState): void {
    this.began(book, runFirstId);
    const anchoredMs = this.#runtime.clock.monotonicMs() - anchoredAgoMs;
    Object.assign(this.#books.get(book.path)!, { due, anchoredMs, anchoredDate, anchoredId });
  }

  /** A hole before `firstId`. Resolves with whether a book that joins what follows was had. */
  broken(path: string, firstId: number): Promise<boolean> {
    const book = this.#books.get(path);
    if (book === undefined) return Promise.resolve(false);
    Object.assign(book, { runFirstId: firstId, due: "hole", tries: 0, notBeforeMs: 0 });
    return new Promise((resolve) => book.settled.push(resolve));
  }

  ended(path: string): void {
    const book = this.#books.get(path);
    this.#books.delete(path);
    for (const resolve of book?.settled.splice(0) ?? []) resolve(false);
  }

  [Symbol.dispose](): void {
    this.#look();
    for (const path of [...this.#books.keys()]) this.ended(path);
  }

  #fetchNext(): void {
    if (this.#isFetching) return;
    const book = this.#mostUrgent();
    if (book === undefined) return;
    this.#isFetching = true;
    void this.#fetch(book).then(async () => {
      const nowMs = this.#runtime.clock.monotonicMs();
      const costMs = 60_000 * book.channel.snapshot!.weight / (this.#options.weightPerMinute * SHARE);
      this.#nextMs = Math.max(this.#nextMs, nowMs - BURST_MS) + costMs;
      await sleep(this.#runtime.timers, Math.max(0, this.#nextMs - nowMs), this.#options.signal);
      this.#isFetching = false;
      if (!this.#options.signal.aborted) this.#fetchNext();
    });
  }

  #mostUrgent(): Book | undefined {
    const nowMs = this.#runtime.clock.monotonicMs();
    const today = dateOf(this.#runtime.clock.wallTime());
    let best: Book | undefined;
    for (const book of this.#books.values()) {
      if (book.due === undefined && this.#isWanted(book, nowMs, today)) book.due = "interval";
      if (book.due === undefined || book.notBeforeMs > nowMs) continue;
      if (best === undefined || URGENCY[book.due] < URGENCY[best.due!] || (book.due === best.due && book.anchoredMs < best.anchoredMs)) {
        best = book;
      }
    }
    return best;
  }

  #isWanted(book: Book, nowMs: number, today: string): boolean {
    const { intervalMs, changes } = this.#options;
    return book.anchoredDate !== today || nowMs - book.anchoredMs >= intervalMs || newestOf(book) - book.anchoredId >= changes;
  }

  async #fetch(book: Book): Promise<void> {
    const snapshot = book.channel.snapshot as Snapshot<DepthEvent, unknown>;
    const { clock } = this.#runtime;
    let why: string;
    try {
      const answer = await this.#rest.get(snapshot.path(book.symbol), snapshot.weight);
      const event = this.#codec.snapshot(snapshot, book.symbol, answer, clock.wallTime());
      if (this.#books.get(book.path) !== book) return;
      if (event.lastUpdateId! + 1 >= book.runFirstId) return this.#anchored(book, event);
      why = `the venue's book (${event.lastUpdateId}) is older than the changes (from ${book.runFirstId})`;
    } catch (error) {
      if (!(error instanceof RestError || error instanceof DecodeError)) throw error;
      if (this.#options.signal.aborted) return;
      why = error.message;
    }
    book.tries++;
    book.notBeforeMs = clock.monotonicMs() + RETRY_MS * 2 ** Math.min(book.tries, 6);
    if (book.tries < TRIES_MAX) return;
    this.#options.failed(book.path, why);
    this.#settle(book, false);
  }

  #anchored(book: Book, event: DepthEvent): void {
    book.fill([event]);
    this.#settle(book, true);
  }

  #settle(book: Book, isAnchored: boolean): void {
    const { clock } = this.#runtime;
    const [anchoredMs, anchoredDate] = [clock.monotonicMs(), dateOf(clock.wallTime())];
    Object.assign(book, { due: undefined, tries: 0, anchoredMs, anchoredDate, anchoredId: newestOf(book) });
    for (const resolve of book.settled.splice(0)) resolve(isAnchored);
  }
}

function newestOf(book: Book): number {
  return book.newestId() ?? book.runFirstId;
}
