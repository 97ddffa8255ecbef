/** day files + chunks + memory ▸ [history].  In: a path and a time. Out: what was known then, and whether anything is missing from it. */
import { depth } from "../../events/depth.ts";
import type { EventBase, EventType } from "../../events/event_type.ts";
import { gap } from "../../events/gap.ts";
import { eventTypeOfPath } from "../../events/registry.ts";
import { session } from "../../events/session.ts";
import { sourceOf } from "../../exchanges/registry.ts";
import { Lru } from "../../lib/lru.ts";
import { partsOf } from "../../lib/stream_path.ts";
import { dateOf } from "../../lib/time.ts";
import type { Runtime } from "../../runtime/runtime.ts";
import type { ContinuityRule } from "../book/order_book.ts";
import { storageWorld } from "../storage/day_file.ts";
import { eventAsOf, timeAsOf } from "./as_of.ts";
import { type BookAnswer, BookReader } from "./book.ts";
import { holesBetween, idleBetween, type Lack, runsOf } from "./coverage.ts";
import { DayFileReader } from "./day_parts.ts";
import { rowsBetween, type Slice } from "./range.ts";
import { type LooseChunk, StreamView } from "./stream_view.ts";

/** What a recorder that runs knows beside its files. */
export interface Present {
  readonly isRecording: boolean;
  /** Rows of each stream that are not on disk. */
  readonly memory: Readonly<Record<string, readonly LooseChunk[]>>;
  /** No socket carries the stream right now. */
  readonly isUndelivered: boolean;
  /** Rows that were received, and that the journal gives back no more. */
  readonly lost?: readonly LostRows[];
}

/** `path` undefined: of any stream. `toTime` undefined: nobody knows until when. */
export interface LostRows {
  readonly path: string | undefined;
  readonly fromTime: number | undefined;
  readonly toTime: number | undefined;
  readonly afterId: number | undefined;
  readonly beforeId: number | undefined;
  readonly missing: number | undefined;
}

const AHEAD_ROWS = 16_384; // applied in some five milliseconds
const AHEAD_PARTS_MAX = 1_024; // names; the books themselves are bounded by their bytes

export const OFFLINE: Present = { isRecording: false, memory: {}, isUndelivered: false };

export interface AsOfAnswer {
  readonly type: EventType;
  /** Undefined where nothing was received by then. */
  readonly event: EventBase | undefined;
  /** What may be missing from it; empty where nothing is. */
  readonly lacks: readonly Lack[];
}

export interface EventsAnswer {
  readonly type: EventType;
  readonly lacks: readonly Lack[];
  /** To be read to its end or returned from: files stay open until then. */
  readonly slices: Generator<Slice>;
}

/** Point-in-time answers from a data path, whether or not a recorder runs on it. Reads only. */
export class HistoryReader {
  readonly #world: ReturnType<typeof storageWorld>;
  readonly #reader: DayFileReader;
  readonly #books = new BookReader();
  /** Parts whose books were kept. */
  readonly #ahead = new Lru<true>(AHEAD_PARTS_MAX);
  readonly #dataPath: string;

  constructor(runtime: Pick<Runtime, "disk" | "compression" | "clock">, dataPath: string) {
    this.#world = storageWorld(runtime, "");
    this.#reader = new DayFileReader(this.#world);
    this.#dataPath = dataPath;
  }

  /** Is there anything of that stream on disk? */
  knows(path: string): boolean {
    const { disk } = this.#world;
    return [path, `tmp/${path}`].some((folder) => disk.list(`${this.#dataPath}/${folder}`).length > 0);
  }

  /** Streams of a source and type that have a folder; to tell what somebody may have meant. */
  near(path: string): string[] {
    const { source, type } = partsOf(path);
    const { disk } = this.#world;
    return disk.list(`${this.#dataPath}/${source}/${type}`).filter(({ isFolder }) => isFolder).map(({ name }) =>
      `${source}/${type}/${name}`
    );
  }

  /** Of a book at most so many levels of each side. */
  asOf(path: string, at: number, present: Present, levels = Infinity): AsOfAnswer {
    using view = this.#view(path, present);
    const lacks = this.#lacks(path, view, at, at, present);
    if (view.type.name !== depth.name) return { type: view.type, event: eventAsOf(view, at), lacks: withUnreadable(lacks, view) };
    const book = this.#books.asOf(view, continuityOf(path), at, levels);
    const event = book !== undefined && "event" in book ? book.event : undefined;
    return { type: view.type, event, lacks: withUnreadable([...lacks, ...lacksOfBook(book)], view) };
  }

  /**
   * Books on the way through the day of a moment, so that whoever asks about it again goes on from one nearby: a few milliseconds of work a
   * step, none where they are kept already. To be taken to its end or returned from: the day's file stays open until then.
   */
  *booksAhead(path: string, at: number, present: Present): Generator<void> {
    using view = this.#view(path, present);
    for (const part of view.day(dateOf(at))) {
      const times = part.range("recv_time");
      if (times === undefined || this.#ahead.get(part.name) !== undefined) continue;
      const steps = Math.ceil(part.rows / AHEAD_ROWS);
      for (let step = 1; step <= steps; step++) {
        this.#books.keepTo(view, continuityOf(path), times.min + Math.ceil((times.max - times.min) * step / steps));
        yield;
      }
      this.#ahead.set(part.name, true, 1);
    }
  }

  events(path: string, from: number, to: number, limit: number, present: Present): EventsAnswer {
    const view = this.#view(path, present);
    try {
      // From the beginning means from the first row: that nobody recorded before is no hole of the answer.
      const since = from > 0 ? from : firstTimeOf(view) ?? to;
      const lacks = this.#lacks(path, view, since, to, present);
      return { type: view.type, lacks: withUnreadable(lacks, view), slices: closing(rowsBetween(view, from, to, limit), view) };
    } catch (error) {
      view[Symbol.dispose]();
      throw error;
    }
  }

  #lacks(path: string, view: StreamView, from: number, to: number, present: Present): Lack[] {
    const { source, type: dataType, symbol } = partsOf(path);
    using gaps = this.#view(`${source}/${gap.name}/${symbol}`, present);
    using sessions = this.#view(`${source}/${session.name}/_all`, present);
    const lastRowBefore = (before: number) => timeAsOf(view, Math.min(before - 1, Number.MAX_SAFE_INTEGER / 2));
    const idle = idleBetween(runsOf(sessions), from, to, present.isRecording, lastRowBefore);
    const lost = (present.lost ?? []).filter((each) =>
      (each.path ?? path) === path && (each.fromTime ?? 0) <= to && (each.toTime ?? Infinity) >= from
    ).map(({ path: _, ...rows }) => ({ ...rows, reason: "journal", outcome: "unhealable" }));
    const lacks = [...holesBetween(gaps, dataType, from, to), ...lost, ...idle];
    if (!present.isUndelivered) return lacks;
    const since = lastRowBefore(Infinity);
    if ((since ?? 0) >= to) return lacks;
    return [...lacks, { reason: "disconnect", outcome: "open", fromTime: since, toTime: undefined }];
  }

  #view(path: string, { memory }: Present): StreamView {
    const type = eventTypeOfPath(path);
    return StreamView.open(this.#world, this.#reader, { dataPath: this.#dataPath, path, type }, memory[path] ?? []);
  }
}

/** The venue's rule for what follows what in its books. */
function continuityOf(path: string): ContinuityRule | undefined {
  return sourceOf(partsOf(path).source)?.channels.find(({ event }) => event.name === depth.name)?.continuity;
}

function lacksOfBook(book: BookAnswer | undefined): Lack[] {
  if (book === undefined) return [{ reason: "no_book", outcome: "unhealable", fromTime: undefined, toTime: undefined }];
  return "hole" in book ? [{ reason: "sequence", outcome: "open", ...book.hole }] : [];
}

function firstTimeOf(view: StreamView): number | undefined {
  for (const date of view.dates()) {
    const times = view.day(date).flatMap((part) => part.range("recv_time")?.min ?? []);
    if (times.length > 0) return Math.min(...times);
  }
  return undefined;
}

function withUnreadable(lacks: readonly Lack[], { unreadable }: StreamView): Lack[] {
  if (unreadable.length === 0) return [...lacks];
  return [...lacks, { reason: "unreadable", outcome: "unhealable", fromTime: undefined, toTime: undefined }];
}

function* closing(slices: Generator<Slice>, view: StreamView): Generator<Slice> {
  try {
    yield* slices;
  } finally {
    view[Symbol.dispose]();
  }
}
