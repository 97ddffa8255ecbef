/** What becomes of a hole in a stream: told at once, filled or begun anew where the venue allows, and told again. */
import type { Hole } from "../agora/router.ts";
import type { DepthEvent } from "../events/depth.ts";
import type { EventBase, EventType, SequenceKey } from "../events/event_type.ts";
import type { GapEvent } from "../events/gap.ts";
import type { Codec } from "../exchanges/codec.ts";
import type { Rest, Source } from "../exchanges/source.ts";
import { partsOf } from "../lib/stream_path.ts";
import { decodeSymbol } from "../lib/symbol_name.ts";
import type { Runtime } from "../runtime/runtime.ts";
import type { Happenings } from "../telemetry/happenings.ts";
import type { Binding } from "./binding.ts";
import { type AnchoredBook, BookAnchors, type BookState } from "./book_anchors.ts";
import type { Chronicle } from "./chronicle.ts";
import { Healer } from "./healer.ts";

/** What an earlier recorder left behind: where the hole of its absence begins. */
export interface Before {
  /** Rows it had received and lost. */
  readonly losses: readonly (Pick<GapEvent, "afterId" | "beforeId" | "fromTime" | "toTime"> & {
    readonly path: string;
    readonly rows: number | undefined;
  })[];
  /** When the last event of a path was received, µs. */
  readonly lastTimes: ReadonlyMap<string, number>;
  /** A path that is none of them had nothing until then. */
  readonly untilTime: number | undefined;
}

export interface HolesDeps {
  readonly source: Source;
  readonly rest: Rest;
  readonly codec: Codec;
  readonly chronicle: Chronicle;
  readonly happenings: Happenings;
  readonly bookAnchorIntervalMs: number;
  readonly bookAnchorChanges: number;
  readonly before: Before | undefined;
  readonly signal: AbortSignal;
  /** The newest event of a path. */
  last(path: string): EventBase | undefined;
  /** Puts events that were fetched onto a path; nobody hears them where the path has ended. */
  fill(path: string, events: readonly EventBase[]): void;
}

export type Row = Omit<GapEvent, keyof EventBase | "outcome" | "healedRows">;

/** A hole that is told and not yet settled, and how far it is filled. */
export interface OpenHole {
  readonly path: string;
  readonly row: Row;
  readonly rows: number;
  /** The last number that was fetched; where nothing was, the one before the hole. */
  readonly filledId: number;
}

/** What another process goes on with. */
export interface HolesState {
  readonly holes: readonly OpenHole[];
  readonly books: readonly BookState[];
}

/** One per source. */
export class Holes implements Disposable {
  readonly #deps: HolesDeps;
  readonly #healer: Healer;
  readonly #anchors: BookAnchors;
  readonly #startTime: number;
  #before: Before | undefined;
  readonly #open = new Set<OpenHole>();

  constructor(runtime: Runtime, deps: HolesDeps) {
    const { source, rest, codec, signal, happenings } = deps;
    this.#deps = deps;
    this.#startTime = runtime.clock.wallTime();
    this.#healer = new Healer(runtime, rest, codec, signal);
    this.#anchors = new BookAnchors(runtime, rest, codec, {
      intervalMs: deps.bookAnchorIntervalMs,
      changes: deps.bookAnchorChanges,
      weightPerMinute: source.limits.restWeightPerMinute,
      signal,
      failed: (path, why) => happenings.anchorFailed(source.id, path, why),
    });
    this.follow(deps.before);
  }

  /** Tells what the recorder before lost, and begins the holes of its absence where its rows ended. */
  follow(before: Before | undefined): void {
    this.#before = before;
    this.#tellLosses();
  }

  /** Nothing is known to the left of a path's first event: since the recorder began, or since the universe last did not have the symbol. */
  began({ channel, symbol, path }: Binding, first: EventBase, lackedTime: number | undefined): void {
    const beforeId = (channel.event.sequenceKey(first) as SequenceKey | undefined)?.[0];
    if (channel.snapshot !== undefined && beforeId !== undefined) this.#anchors.began(this.#bookOf({ channel, symbol, path }), beforeId);
    this.#tell(symbol, {
      dataType: channel.event.name,
      afterId: undefined,
      beforeId,
      missing: undefined,
      fromTime: lackedTime ?? this.#sinceTime(path),
      toTime: first.recvTime,
      reason: lackedTime === undefined ? "start" : "listed",
    }, "unhealable");
  }

  #tellLosses(): void {
    for (const { path, rows, ...edges } of this.#before?.losses ?? []) {
      const { source, type: dataType, symbol } = partsOf(path);
      if (source !== this.#deps.source.id) continue;
      this.#tell(decodeSymbol(symbol), { ...edges, dataType, missing: rows, reason: "journal" }, "unhealable");
    }
  }

  #sinceTime(path: string): number {
    const before = this.#before;
    return Math.min(this.#startTime, before?.lastTimes.get(path) ?? before?.untilTime ?? this.#startTime);
  }

  /** Something lies between two published events, or may. */
  found(binding: Binding, { path, after, before, reason }: Hole<EventBase>): void {
    const { source, happenings } = this.#deps;
    const type = binding.channel.event as EventType;
    const afterId = type.sequenceKey(after)?.[1];
    const beforeId = type.sequenceKey(before)?.[0];
    const isProven = reason === "sequence" && afterId !== undefined && beforeId !== undefined;
    const missing = isProven ? beforeId - afterId - 1 : undefined;
    const row = { dataType: type.name, afterId, beforeId, missing, fromTime: after.recvTime, toTime: before.recvTime, reason };
    if (!isProven) {
      happenings.gapPossible(source.id, type.name, path);
      return this.#tell(binding.symbol, row, "unhealable");
    }
    happenings.gap(source.id, type.name, { path, afterId, beforeId });
    const { heal, snapshot } = binding.channel;
    if (heal === undefined && snapshot === undefined) return this.#tell(binding.symbol, row, "unhealable");
    this.#tell(binding.symbol, row, "open");
    this.#settle(binding, { path, row, rows: 0, filledId: afterId });
  }

  get state(): HolesState {
    return { holes: [...this.#open], books: this.#anchors.state };
  }

  /** Another process told of these holes and began these books; here they are settled and kept. */
  goOn({ holes, books }: HolesState, bindingOf: (path: string) => Binding | undefined): void {
    for (const book of books) {
      const binding = bindingOf(book.path);
      if (binding !== undefined) this.#anchors.goOn(this.#bookOf(binding), book);
    }
    for (const hole of holes) {
      const binding = bindingOf(hole.path);
      if (binding !== undefined) this.#settle(binding, hole);
    }
  }

  /** The path is no more. */
  ended(path: string): void {
    this.#anchors.ended(path);
  }

  [Symbol.dispose](): void {
    this.#anchors[Symbol.dispose]();
  }

  #settle(binding: Binding, hole: OpenHole): void {
    if (binding.channel.heal !== undefined) void this.#heal(binding, hole);
    else void this.#beginAnew(binding, hole);
  }

  async #heal({ channel, symbol, path }: Binding, hole: OpenHole): Promise<void> {
    const { source, happenings, signal, fill } = this.#deps;
    const { row } = hole;
    const { afterId, beforeId } = row as Row & { readonly afterId: number; readonly beforeId: number };
    let open = hole;
    this.#open.add(open);
    const healing = await this.#healer.heal({
      channel,
      symbol,
      afterId: hole.filledId,
      beforeId,
      fill: (events) => {
        fill(path, events);
        this.#open.delete(open);
        const filledId = (channel.event.sequenceKey(events.at(-1)!) as SequenceKey)[1];
        this.#open.add(open = { ...open, rows: open.rows + events.length, filledId });
      },
    });
    if (healing === undefined || signal.aborted) return;
    this.#open.delete(open);
    happenings.healed(source.id, row.dataType, { path, afterId, beforeId, ...healing, rows: open.rows });
    this.#tell(symbol, row, healing.outcome, open.rows);
  }

  async #beginAnew({ symbol, path }: Binding, hole: OpenHole): Promise<void> {
    this.#open.add(hole);
    const isAnchored = await this.#anchors.broken(path, hole.row.beforeId!);
    if (this.#deps.signal.aborted) return;
    this.#open.delete(hole);
    this.#tell(symbol, hole.row, isAnchored ? "resnapshot" : "unhealable", isAnchored ? 1 : 0);
  }

  #bookOf({ path, channel, symbol }: Pick<Binding, "path" | "channel" | "symbol">): AnchoredBook {
    const newestId = () => (this.#deps.last(path) as DepthEvent | undefined)?.lastUpdateId;
    return { path, channel, symbol, newestId, fill: (events) => this.#deps.fill(path, events) };
  }

  #tell(symbol: string, row: Row, outcome: GapEvent["outcome"], healedRows = 0): void {
    this.#deps.chronicle.gap(symbol, { ...row, outcome, healedRows });
  }
}
