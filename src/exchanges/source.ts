import type { GenericSchema } from "valibot";
import type { EventBase, EventType, Origin, SequenceKey } from "../events/event_type.ts";
import type { Scanner, StreamSpan } from "./scan.ts";

/**
 * An exchange is a value: tables and pure functions. Whatever has a clock, a socket or a file is generic and lives elsewhere;
 * a new venue is one folder that exports Sources.
 */
export interface Source {
  readonly id: string;
  readonly title: string;
  readonly endpoints: { readonly ws: readonly string[]; readonly rest: readonly string[] };
  // deno-lint-ignore no-explicit-any -- the registry of channels holds every event type; the documented exception
  readonly channels: readonly Channel<any, any>[];
  readonly limits: Limits;
  readonly heartbeat: Heartbeat;
  /** Unit of times on a socket opened with `socketUrl`, and in REST answers to `restHeaders`. */
  readonly timeUnit: TimeUnit;
  readonly restHeaders?: Readonly<Record<string, string>>;
  /** The header of a REST answer that says how much weight this address has used in the running minute; lower case. */
  readonly restUsedWeightHeader?: string;
  /** The URL of one combined socket at an endpoint. */
  socketUrl(endpoint: string): string;
  /** Frames that subscribe to the streams, each within the venue's frame size; ids count up from `firstId`. */
  subscribe(streams: readonly string[], firstId: number): ControlFrame[];
  unsubscribe(streams: readonly string[], firstId: number): ControlFrame[];
  /** Where data frames name their stream. Without it nothing is scanned. */
  readonly streamSpan?: StreamSpan;
  /** What an inbound frame is. Throws DecodeError for what is no frame of this venue. */
  classify(text: string): Classified;
  /** The channel a stream name belongs to, or undefined. */
  // deno-lint-ignore no-explicit-any -- as above
  channelOf(stream: string): Channel<any, any> | undefined;
  /** How the venue is asked for its time. */
  readonly time?: VenueTime;
  /** Every symbol the venue has. One it cannot describe is told to `refused` and left out; the rest goes on. Throws RestError. */
  universe(rest: Rest, refused: (symbol: string, why: string) => void): Promise<Instrument[]>;
}

export interface ControlFrame {
  readonly id: number;
  readonly text: string;
  readonly streams: readonly string[];
}

/** How a venue says one event type. Everything a contributor must know about a stream is on one screen. */
export interface Channel<T extends EventBase, Raw> {
  readonly event: EventType<T>;
  /** The stream name for an instrument, or undefined where the venue has none. */
  stream(instrument: Pick<Instrument, "symbol">): string | undefined;
  /** True for a stream name of this channel. */
  matches(stream: string): boolean;
  /** The venue's own symbol of a frame. The codec checks that `stream` of it is the stream the frame came on. */
  symbolOf(raw: Raw, stream: string): string;
  readonly raw: GenericSchema<unknown, Raw>;
  /** The events of one frame, in the venue's order. Throws DecodeError. */
  ofJson(raw: Raw, frame: FrameInfo): T[];
  /** Optional fast way for a stream whose symbol has been checked: exactly what `raw` and `ofJson` give, or undefined. */
  scanner?(symbol: string): Scanner<T>;
  /**
   * The venue's rule for what follows what, on the keys of consecutive events of a path. Absent: keys only rise, gaps cannot be proven.
   * `next`: nothing lies between; `duplicate`: adds nothing to what we have; `gap`: something is missing.
   */
  continuity?(previous: SequenceKey, next: SequenceKey): Continuity;
  /** How a hole is filled, where the venue keeps what was. */
  // deno-lint-ignore no-explicit-any -- rows of all venues; the registry is the documented exception
  readonly heal?: Heal<T, any>;
  /** How the whole state is fetched, for streams that send changes only. */
  // deno-lint-ignore no-explicit-any -- as above
  readonly snapshot?: Snapshot<T, any>;
}

/** The state of a stream of changes at one moment, over REST. */
export interface Snapshot<T extends EventBase, Raw> {
  readonly weight: number;
  path(symbol: string): string;
  readonly raw: GenericSchema<unknown, Raw>;
  ofSnapshot(raw: Raw, frame: FrameInfo): T;
}

/** The venue's own clock over REST. */
export interface VenueTime {
  readonly weight: number;
  readonly path: string;
  /** µs since the epoch; undefined where the answer has no time. */
  timeOf(answer: unknown): number | undefined;
}

/** Events by their sequence number over REST. */
export interface Heal<T extends EventBase, Row> {
  /** Most that one request gives. */
  readonly countMax: number;
  readonly weight: number;
  /** Path with query for events from an id on, rising. */
  path(symbol: string, firstId: number, count: number): string;
  readonly row: GenericSchema<unknown, Row>;
  ofRow(row: Row, frame: FrameInfo): T;
}

export type Continuity = "next" | "duplicate" | "gap";
export type TimeUnit = "ms" | "us";

/** What `ofJson` is told about the frame around the payload, and the two conversions that must be counted. */
export interface FrameInfo {
  readonly recvTime: number;
  readonly origin: Origin;
  readonly source: string;
  /** The venue's own symbol. */
  readonly symbol: string;
  /** A decimal string as DOUBLE. Throws DecodeError `number` for anything that is no finite decimal; counts what does not survive the round trip. */
  decimal(text: string): number;
  /** A venue time in the connection's unit as µs. More than a day off recv_time is counted, never altered. */
  time(value: number): number;
  /** Counts a value outside what the venue documents; the column stays null. */
  unknown(field: string): undefined;
}

export type Classified =
  | { readonly kind: "data"; readonly stream: string; readonly data: unknown }
  | { readonly kind: "ack"; readonly id: number }
  | { readonly kind: "error"; readonly id: number | undefined; readonly code: number | undefined; readonly message: string }
  | { readonly kind: "shutdown" }
  | { readonly kind: "other"; readonly what: string };

/** A symbol of the venue. `symbol` is the venue's own spelling, upper case. */
export interface Instrument {
  readonly symbol: string;
  readonly base: string;
  readonly quote: string;
  readonly kind: string;
  readonly status: string;
  /** The venue produces market data for it now. */
  readonly isLive: boolean;
  readonly tickSize: number | undefined;
  readonly lotSize: number | undefined;
}

export interface Limits {
  readonly streamsPerSocketMax: number;
  readonly framesPerSecondMax: number;
  readonly frameBytesMax: number;
  readonly connectsMax: number;
  readonly connectWindowMs: number;
  readonly inboundBytesMax: number;
  /** The venue ends every socket at this age. */
  readonly socketAgeMaxMs: number;
  readonly restWeightPerMinute: number;
}

export interface Heartbeat {
  /** Our ping, when nothing came for this long. */
  readonly pingEveryMs: number;
  readonly silentAfterMs: number;
  /** No data frame on a whole socket for this long: it is replaced. */
  readonly staleAfterMs: number;
}

/** REST as a Source sees it: JSON in, paced by the venue's weight. */
export interface Rest {
  /** `path` with query, its documented weight. Throws RestError. */
  get(path: string, weight: number): Promise<unknown>;
}
