/** socket ▸ worker ▸ [codec] ▸ router ▸ path ▸ buffer ▸ chunk ▸ day file.  In: frames with recv_time. Out: events, or why there are none. */
import * as v from "valibot";
import type { EventBase, Origin } from "../events/event_type.ts";
import { parseDecimal } from "../lib/decimal.ts";
import { DecodeError } from "../lib/errors.ts";
import { US_PER_DAY, US_PER_MS } from "../lib/time.ts";
import { Scan, type Scanner } from "./scan.ts";
import { StreamTable } from "./stream_table.ts";
import type { Channel, Classified, FrameInfo, Heal, Snapshot, Source, TimeUnit } from "./source.ts";

export type Decoded =
  | {
    readonly kind: "events";
    // deno-lint-ignore no-explicit-any -- channels of all event types; the registry is the documented exception
    readonly channel: Channel<any, any>;
    readonly stream: string;
    readonly symbol: string;
    readonly events: readonly EventBase[];
    readonly inexactDecimals: number;
  }
  | { readonly kind: "control"; readonly classified: Exclude<Classified, { kind: "data" }> }
  | { readonly kind: "bad"; readonly error: DecodeError };

/** What was read but deserves a look, since the start. */
export interface CodecCounts {
  inexactDecimals: number;
  timesOff: number;
  unknownValues: number;
  unknownFields: number;
  /** Frames of streams with a scanner that it could not read, so that JSON.parse and the schema did. */
  scansDeclined: number;
}

export interface CodecOptions {
  /** Unit of the venue's times on this connection. Never guessed. */
  readonly timeUnit: TimeUnit;
  readonly origin: Origin;
}

const KNOWN_STREAMS_MAX = 65_536; // a whole venue has 9,000 with three types; past it we forget them all and check each again

/** A stream whose symbol was checked against its name. */
interface KnownStream {
  readonly stream: string;
  // deno-lint-ignore no-explicit-any -- as above
  readonly channel: Channel<any, any>;
  readonly symbol: string;
  readonly scanner: Scanner<EventBase> | undefined;
}

/** Frames of one source into events. Never throws: what cannot be read is `bad`, and nothing is guessed. */
export class Codec {
  readonly counts: CodecCounts = { inexactDecimals: 0, timesOff: 0, unknownValues: 0, unknownFields: 0, scansDeclined: 0 };
  readonly #source: Source;
  readonly #usPerTick: number;
  /** Streams whose symbol was checked against their name once. */
  readonly #known = new StreamTable<KnownStream>();
  readonly #scan = new Scan();
  /** One object for all frames: `ofJson` reads it and keeps nothing of it. */
  readonly #frame: { -readonly [K in keyof FrameInfo]: FrameInfo[K] };

  constructor(source: Source, options: Partial<CodecOptions> = {}) {
    this.#source = source;
    this.#usPerTick = (options.timeUnit ?? source.timeUnit) === "ms" ? US_PER_MS : 1;
    this.#frame = {
      recvTime: 0,
      origin: options.origin ?? "live",
      source: source.id,
      symbol: "",
      decimal: (text) => this.#decimal(text),
      time: (value) => this.#time(value),
      unknown: () => {
        this.counts.unknownValues++;
        return undefined;
      },
    };
  }

  decode(text: string, recvTime: number): Decoded {
    try {
      const scanned = this.#scanned(text, recvTime);
      if (scanned !== undefined) return scanned;
      const classified = this.#source.classify(text);
      if (classified.kind !== "data") return { kind: "control", classified };
      return this.#events(classified.stream, classified.data, recvTime);
    } catch (error) {
      if (error instanceof DecodeError) return { kind: "bad", error };
      return { kind: "bad", error: new DecodeError("shape", `frame broke its channel: ${String(error)}`, { cause: error }) };
    }
  }

  /** Rows of a REST answer that fill a hole, as events of origin `heal`. Throws DecodeError for an answer that is not what the venue promises. */
  healed<T extends EventBase>(heal: Heal<T, unknown>, symbol: string, answer: unknown, recvTime: number): T[] {
    if (!Array.isArray(answer)) throw new DecodeError("shape", `expected a list of rows for ${symbol}`);
    return answer.map((each) =>
      this.#fetched(heal.row, each, { symbol, recvTime, origin: "heal" }, (row, frame) => heal.ofRow(row, frame))
    );
  }

  /** A REST answer that holds a whole state, as an event of origin `snapshot`. Throws DecodeError. */
  snapshot<T extends EventBase>(snapshot: Snapshot<T, unknown>, symbol: string, answer: unknown, recvTime: number): T {
    return this.#fetched(snapshot.raw, answer, { symbol, recvTime, origin: "snapshot" }, (raw, frame) => snapshot.ofSnapshot(raw, frame));
  }

  #fetched<Raw, T>(
    schema: v.GenericSchema<unknown, Raw>,
    value: unknown,
    about: { readonly symbol: string; readonly recvTime: number; readonly origin: Origin },
    of: (raw: Raw, frame: FrameInfo) => T,
  ): T {
    const parsed = v.safeParse(schema, value, { abortEarly: true });
    if (!parsed.success) throw schemaError(`answer for ${about.symbol}`, parsed.issues[0]);
    const { origin } = this.#frame;
    Object.assign(this.#frame, about);
    try {
      return of(parsed.output, this.#frame);
    } finally {
      this.#frame.origin = origin;
    }
  }

  /** The events of a frame on a stream we know, where its scanner can read them. */
  #scanned(text: string, recvTime: number): Decoded | undefined {
    const span = this.#source.streamSpan;
    if (span === undefined || !text.startsWith(span.before)) return undefined;
    const from = span.before.length;
    const end = text.indexOf(span.until, from);
    const known = this.#known.get(text, from, end);
    if (known?.scanner === undefined) return undefined;
    this.#scan.begin(text, end);
    this.#frame.recvTime = recvTime;
    this.#frame.symbol = known.symbol;
    const event = known.scanner(this.#scan, this.#frame);
    if (event === undefined) {
      this.counts.scansDeclined++;
      return undefined;
    }
    const { channel, symbol } = known;
    const { inexactDecimals } = this.#scan;
    this.counts.inexactDecimals += inexactDecimals;
    return { kind: "events", channel, stream: known.stream, symbol, events: [event], inexactDecimals };
  }

  #events(stream: string, data: unknown, recvTime: number): Decoded {
    const known = this.#known.get(stream, 0, stream.length);
    const channel = known?.channel ?? this.#source.channelOf(stream);
    if (channel === undefined) throw new DecodeError("unknown_stream", `no channel of ${this.#source.id} has a stream like ${stream}`);
    const parsed = v.safeParse(channel.raw, data, { abortEarly: true });
    if (!parsed.success) throw schemaError(stream, parsed.issues[0]);
    const raw = parsed.output;
    const symbol = channel.symbolOf(raw, stream);
    if (known === undefined) {
      if (channel.stream({ symbol }) !== stream) throw new DecodeError("symbol", `payload of ${symbol} on stream ${stream}`);
      if (this.#known.size >= KNOWN_STREAMS_MAX) this.#known.clear();
      // In a frame's text a name is looked up as it is written, so one that JSON writes otherwise is not scanned.
      const scanner = JSON.stringify(stream) === `"${stream}"` ? channel.scanner?.(symbol) : undefined;
      this.#known.add(stream, { stream, channel, symbol, scanner });
    } else if (known.symbol !== symbol) {
      throw new DecodeError("symbol", `payload of ${symbol} on stream ${stream}, expected ${known.symbol}`);
    }
    this.counts.unknownFields += Math.max(0, countKeys(data) - countKeys(raw));
    this.#frame.recvTime = recvTime;
    this.#frame.symbol = symbol;
    const inexactBefore = this.counts.inexactDecimals;
    const events = channel.ofJson(raw, this.#frame);
    return { kind: "events", channel, stream, symbol, events, inexactDecimals: this.counts.inexactDecimals - inexactBefore };
  }

  #decimal(text: string): number {
    const decimal = parseDecimal(text);
    if (decimal === undefined) throw new DecodeError("number", `expected a decimal, found ${JSON.stringify(text.slice(0, 40))}`);
    if (!decimal.isExact) this.counts.inexactDecimals++;
    return decimal.value;
  }

  #time(value: number): number {
    const time = value * this.#usPerTick;
    if (!Number.isSafeInteger(time)) throw new DecodeError("number", `expected a time, found ${value}`);
    if (Math.abs(time - this.#frame.recvTime) > US_PER_DAY) this.counts.timesOff++;
    return time;
  }
}

function schemaError(stream: string, issue: v.BaseIssue<unknown>): DecodeError {
  const field = issue.path?.map((item) => String((item as { key: unknown }).key)).join(".") ?? "payload";
  return new DecodeError("schema", `${stream}: ${field}: expected ${issue.expected ?? "another value"}, found ${issue.received}`);
}

function countKeys(value: unknown): number {
  return typeof value === "object" && value !== null ? Object.keys(value).length : 0;
}
