/** What becomes of a hole in a stream: told at once, filled or begun anew where the venue allows, and told again. */
import type { Hole } from "../agora/router.ts";
import type { EventBase, EventType, SequenceKey } from "../events/event_type.ts";
import type { GapEvent } from "../events/gap.ts";
import type { Codec } from "../exchanges/codec.ts";
import type { Rest, Source } from "../exchanges/source.ts";
import { decodeSymbol } from "../lib/symbol_name.ts";
import type { Runtime } from "../runtime/runtime.ts";
import type { Happenings } from "../telemetry/happenings.ts";
import type { Binding } from "./binding.ts";
import { BookAnchors } from "./book_anchors.ts";
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
  readonly before: Before | undefined;
  readonly signal: AbortSignal;
  /** Puts events that were fetched onto a path; nobody hears them where the path has ended. */
  fill(path: string, events: readonly EventBase[]): void;
}

type Row = Omit<GapEvent, keyof EventBase | "outcome" | "healedRows">;

/** One per source. */
export class Holes implements Disposable {
  readonly #deps: HolesDeps;
  readonly #healer: Healer;
  readonly #anchors: BookAnchors;
  readonly #startTime: number;

  constructor(runtime: Runtime, deps: HolesDeps) {
    const { source, rest, codec, signal, happenings } = deps;
    this.#deps = deps;
    this.#startTime = runtime.clock.wallTime();
    this.#healer = new Healer(runtime, rest, codec, signal);
    this.#anchors = new BookAnchors(runtime, rest, codec, {
      intervalMs: deps.bookAnchorIntervalMs,
      weightPerMinute: source.limits.restWeightPerMinute,
      signal,
      failed: (path, why) => happenings.anchorFailed(source.id, path, why),
    });
    this.#tellLosses();
  }

  /** Nothing is known to the left of a path's first event: since the recorder began, or since the universe last did not have the symbol. */
  began({ channel, symbol, path }: Binding, first: EventBase, lackedTime: number | undefined): void {
    const beforeId = (channel.event.sequenceKey(first) as SequenceKey | undefined)?.[0];
    if (channel.snapshot !== undefined && beforeId !== undefined) {
      this.#anchors.began({ path, channel, symbol, fill: (events) => this.#deps.fill(path, events) }, beforeId);
    }
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
    for (const { path, rows, ...edges } of this.#deps.before?.losses ?? []) {
      const [source, dataType, symbol] = path.split("/") as [string, string, string];
      if (source !== this.#deps.source.id) continue;
      this.#tell(decodeSymbol(symbol), { ...edges, dataType, missing: rows, reason: "journal" }, "unhealable");
    }
  }

  #sinceTime(path: string): number {
    const { before } = this.#deps;
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
    if (binding.channel.heal !== undefined) void this.#heal(binding, row, afterId, beforeId);
    else if (binding.channel.snapshot !== undefined) void this.#beginAnew(binding, row, beforeId);
    else this.#tell(binding.symbol, row, "unhealable");
  }

  /** The path is no more. */
  ended(path: string): void {
    this.#anchors.ended(path);
  }

  [Symbol.dispose](): void {
    this.#anchors[Symbol.dispose]();
  }

  async #heal({ channel, symbol, path }: Binding, row: Row, afterId: number, beforeId: number): Promise<void> {
    const { source, happenings, signal, fill } = this.#deps;
    this.#tell(symbol, row, "open");
    const healing = await this.#healer.heal({ channel, symbol, afterId, beforeId, fill: (events) => fill(path, events) });
    if (healing === undefined || signal.aborted) return;
    happenings.healed(source.id, row.dataType, { path, afterId, beforeId, ...healing });
    this.#tell(symbol, row, healing.outcome, healing.rows);
  }

  async #beginAnew({ symbol, path }: Binding, row: Row, beforeId: number): Promise<void> {
    this.#tell(symbol, row, "open");
    const isAnchored = await this.#anchors.broken(path, beforeId);
    if (this.#deps.signal.aborted) return;
    this.#tell(symbol, row, isAnchored ? "resnapshot" : "unhealable", isAnchored ? 1 : 0);
  }

  #tell(symbol: string, row: Row, outcome: GapEvent["outcome"], healedRows = 0): void {
    this.#deps.chronicle.gap(symbol, { ...row, outcome, healedRows });
  }
}
