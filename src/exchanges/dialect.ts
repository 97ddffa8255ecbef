import type { TimeUnit } from "./source.ts";

/**
 * A venue's half of the simulator: tables and pure functions, the other side of its Source. It shares no code with the Source, so that a
 * mistake in one is seen by the other. Whatever has a clock, a socket or a file is generic and lives in `sim/venue/`.
 */
export interface Dialect {
  /** The source id whose dialect this is. */
  readonly source: string;
  readonly limits: VenueLimits;
  /** What the request target of a WebSocket upgrade asks for. */
  accept(target: string): Accepted | Refused;
  /** What a text frame from the client asks for. Never throws. */
  control(text: string, connection: ConnectionView): Control;
  /** Type and symbol of a stream this venue feeds; undefined for a name that is valid and silent. */
  topicOf(stream: string): Topic | undefined;
  streamOf(topic: Topic): string;
  /** The payload of an event, with times in the connection's unit. */
  render(event: MarketEvent, unit: TimeUnit): string;
  /** The frame around a payload. */
  envelope(stream: string, payload: string, isCombined: boolean): string;
  shutdownNotice(time: number, connection: ConnectionView): string;
  /** A recorded combined frame, or undefined where the text is none. */
  recorded(text: string): RecordedFrame | undefined;
  /** Why a recorded frame cannot be this venue's; undefined where it can. */
  foreign(frame: RecordedFrame): string | undefined;
  /** What a recorder that is right must store of a payload: columns by name, times apart. */
  facts(topic: Topic, payload: string): EventFacts;
  /** A REST request: its weight, and the answer once the weight is granted. */
  rest(request: RestRequest, market: MarketView): RestRoute;
  /** An answer the limiter gives instead. `untilTime`: when it ends. */
  refusal(status: 418 | 429, usedWeight: number, untilTime: number): string;
  /** The body of an answer that failed on the venue's side. */
  failure(status: number): string;
  /** Headers that tell the weight used in this window. */
  weightHeaders(usedWeight: number): Readonly<Record<string, string>>;
}

/** Limits as the venue enforces them; a test loosens one by a larger number. */
export interface VenueLimits {
  readonly streamsMax: number;
  /** Text, ping and pong together, in any one second. */
  readonly framesPerSecondMax: number;
  /** A larger text frame is not answered. */
  readonly controlBytesMax: number;
  readonly targetCharsMax: number;
  readonly connectsMax: number;
  readonly connectWindowMs: number;
  /** Connections of an address that may be closed for too many frames in that window; one more and it is banned. */
  readonly offencesMax: number;
  readonly pingEveryMs: number;
  readonly pongWithinMs: number;
  readonly socketAgeMaxMs: number;
  readonly depthWindowMs: number;
  readonly weightPerMinute: number;
  /** First ban for going on after a 429; doubles up to the longest. */
  readonly banMs: number;
  readonly banMsMax: number;
}

export interface Accepted {
  readonly streams: readonly string[];
  readonly isCombined: boolean;
  readonly timeUnit: TimeUnit;
}

export interface Refused {
  readonly refuse: number;
  readonly reason: string;
}

export interface ConnectionView {
  readonly streams: ReadonlySet<string>;
  readonly isCombined: boolean;
  readonly timeUnit: TimeUnit;
}

/** The reply, and what changes. */
export interface Control {
  readonly reply: string;
  readonly subscribe?: readonly string[];
  readonly unsubscribe?: readonly string[];
  readonly isCombined?: boolean;
}

export interface Topic {
  readonly type: "trade" | "bbo" | "depth";
  readonly symbol: string;
}

// ── what a market does, before a venue says it ───────────────────────────────────────────────────────────────────────────

/** Times are µs since the epoch. Prices and sizes are decimals with eight places; "0.00000000" stands for an absent side. */
export type MarketEvent = MarketTrade | MarketBbo | MarketDepth;

export interface MarketTrade {
  readonly type: "trade";
  readonly symbol: string;
  readonly id: number;
  readonly price: string;
  readonly size: string;
  readonly isBuyerMaker: boolean;
  readonly time: number;
  /** When the venue's streaming layer sent it. */
  readonly sentTime: number;
}

export interface MarketBbo {
  readonly type: "bbo";
  readonly symbol: string;
  readonly updateId: number;
  readonly bidPrice: string;
  readonly bidSize: string;
  readonly askPrice: string;
  readonly askSize: string;
}

export interface MarketDepth {
  readonly type: "depth";
  readonly symbol: string;
  readonly firstUpdateId: number;
  readonly lastUpdateId: number;
  readonly bids: readonly PriceSize[];
  readonly asks: readonly PriceSize[];
  readonly time: number;
}

export type PriceSize = readonly [price: string, size: string];

export interface MarketBook {
  readonly lastUpdateId: number;
  readonly bids: readonly PriceSize[];
  readonly asks: readonly PriceSize[];
}

/** A symbol as the venue lists it. */
export interface Listing {
  readonly symbol: string;
  readonly base: string;
  readonly quote: string;
  readonly status: string;
  readonly tickSize: string;
  readonly lotSize: string;
  /** The venue's own entry, where a recorded answer gave one. */
  readonly entry?: Readonly<Record<string, unknown>>;
}

/** What REST can ask about. */
export interface MarketView {
  /** Now, in the market's own time. */
  time(): number;
  listings(): readonly Listing[];
  /** The book now; undefined where there is none. */
  book(symbol: string): MarketBook | undefined;
  /** At most `limit` trades: from an id on, or the newest. Rising ids. */
  trades(symbol: string, fromId: number | undefined, limit: number): readonly MarketTrade[];
}

// ── facts, recordings, REST ──────────────────────────────────────────────────────────────────────────────────────────────

export interface EventFacts {
  /** Names the event among those of its path. */
  readonly id: string;
  readonly eventTime: number | null;
  readonly fields: Readonly<Record<string, unknown>>;
  /** Columns that order it, for a reader who joins windows by cover. */
  readonly sequence: readonly [first: number, last: number];
}

export interface RecordedFrame {
  readonly stream: string;
  /** The payload's exact text, with times in that unit. */
  payload(unit: TimeUnit): string;
}

export interface RestRequest {
  readonly method: string;
  /** Path with query. */
  readonly target: string;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
}

export interface RestRoute {
  readonly weight: number;
  answer(): { readonly status: number; readonly body: string };
}
