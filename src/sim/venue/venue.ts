import type { Dialect, RestRequest, VenueLimits } from "../../exchanges/dialect.ts";
import type { TimeUnit } from "../../exchanges/source.ts";
import { encodeSymbol } from "../../lib/symbol_name.ts";
import type { Runtime } from "../../runtime/runtime.ts";
import { ConnectRate } from "./connect_rate.ts";
import { type Audience, type Feed, LANES, type Outgoing } from "./feed.ts";
import type { Ledger, MarketLine } from "./ledger.ts";
import { RestLimiter } from "./rest_limiter.ts";
import { type ConnectionHost, VenueConnection, type VenuePeer } from "./venue_connection.ts";

const MB = 1024 * 1024;

export interface VenueOptions {
  readonly limits?: Partial<VenueLimits>;
  /** Told this long before a connection's end of life; 0 = it ends without a word. */
  readonly shutdownNoticeMs?: number;
  /** How a connection ends at its age. */
  readonly endsBy?: "close" | "reset";
  /** A consumer with more than this waiting is cut off. Venues queue and never conflate. */
  readonly queueBytesMax?: number;
  readonly ledger?: Ledger;
}

export interface VenueAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/**
 * A venue without its transport: connections, limits, subscriptions, REST, and a ledger of what it sent to whom. It knows time only
 * through the runtime, so it serves real sockets on loopback and virtual ones in a simulated world alike.
 */
export class Venue implements Audience, ConnectionHost {
  readonly runtime: Runtime;
  readonly dialect: Dialect;
  readonly limits: VenueLimits;
  readonly shutdownNoticeMs: number;
  readonly endsBy: "close" | "reset";
  readonly #feed: Feed;
  readonly #ledger: Ledger | undefined;
  readonly #queueBytesMax: number;
  readonly #rest: RestLimiter;
  readonly #connects: ConnectRate;
  readonly #connections = new Set<VenueConnection>();
  /** For each lane, who watches a stream. */
  readonly #watchers: Map<string, Set<VenueConnection>>[] = Array.from({ length: LANES }, () => new Map());
  #connectionCount = 0;
  #eventCount = 0;
  #sentCount = 0;

  constructor(runtime: Runtime, dialect: Dialect, feed: Feed, options: VenueOptions = {}) {
    this.runtime = runtime;
    this.dialect = dialect;
    this.limits = { ...dialect.limits, ...options.limits };
    this.shutdownNoticeMs = options.shutdownNoticeMs ?? 0;
    this.endsBy = options.endsBy ?? "close";
    this.#queueBytesMax = options.queueBytesMax ?? 8 * MB;
    this.#feed = feed;
    this.#ledger = options.ledger;
    this.#rest = new RestLimiter(this.limits);
    this.#connects = new ConnectRate(this.limits.connectsMax, this.limits.connectWindowMs);
    feed.start(this);
  }

  time(): number {
    return this.#feed.time();
  }

  // ── connections ────────────────────────────────────────────────────────────────────────────────────────────────────────

  /** An upgrade request. Nothing is sent before this has returned. */
  connect(
    peer: VenuePeer,
    target: string,
    address: string,
  ): VenueConnection | { readonly refuse: number; readonly retryAfterMs?: number; readonly reason: string } {
    const waitMs = this.#connects.attempt(address, this.runtime.clock.monotonicMs());
    if (waitMs > 0) return this.#refused({ refuse: 429, retryAfterMs: waitMs, reason: "Too many connections." });
    if (target.length > this.limits.targetCharsMax) return this.#refused({ refuse: 414, reason: "Request target too long." });
    const accepted = this.dialect.accept(target);
    if ("refuse" in accepted) return this.#refused(accepted);
    const connection = new VenueConnection(this, peer, { ...accepted, id: ++this.#connectionCount, address });
    this.#connections.add(connection);
    this.#ledger?.write({ conn: connection.id, step: "opened", at: this.time(), detail: target });
    this.runtime.timers.turn(() => {
      if (connection.isOpen && accepted.streams.length > 0) connection.subscribe(accepted.streams);
    });
    return connection;
  }

  subscribe(connection: VenueConnection, streams: readonly string[]): void {
    const added = streams.filter((stream) => !connection.streams.has(stream));
    this.#ledger?.write({ conn: connection.id, step: "subscribed", at: this.time(), streams: added });
    const watchers = this.#watchers[connection.lane]!;
    for (const stream of added) {
      connection.streams.add(stream);
      const watching = watchers.get(stream);
      if (watching !== undefined) watching.add(connection);
      else {
        watchers.set(stream, new Set([connection]));
        this.#feed.watched(stream, connection.lane);
      }
    }
  }

  unsubscribe(connection: VenueConnection, streams: readonly string[]): void {
    const removed = streams.filter((stream) => connection.streams.delete(stream));
    this.#ledger?.write({ conn: connection.id, step: "unsubscribed", at: this.time(), streams: removed });
    this.#forget(connection, removed);
  }

  acked(connection: VenueConnection, tx: number): void {
    this.#ledger?.write({ conn: connection.id, acked: tx });
  }

  gone(connection: VenueConnection, how: "handshake" | "cut", by: "venue" | "client"): void {
    if (!this.#connections.delete(connection)) return;
    this.#forget(connection, connection.streams);
    connection.streams.clear();
    this.#ledger?.write({ conn: connection.id, step: "closed", at: this.time(), how, by });
  }

  /** For faults and for a market on its way down. */
  connections(): readonly VenueConnection[] {
    return [...this.#connections];
  }

  // ── what goes out ──────────────────────────────────────────────────────────────────────────────────────────────────────

  isWatched(stream: string, lane?: number): boolean {
    return lane === undefined ? this.#watchers.some((watchers) => watchers.has(stream)) : this.#watchers[lane]!.has(stream);
  }

  publish(frame: Outgoing, lane?: number): void {
    const texts = new Texts(this.dialect, frame);
    let n = 0;
    for (const [index, watchers] of this.#watchers.entries()) {
      if (lane !== undefined && index !== lane) continue;
      for (const connection of watchers.get(frame.stream) ?? []) {
        if (!connection.isOpen) continue;
        if (n === 0) n = this.#note(frame, texts);
        const tx = ++this.#sentCount;
        connection.send(texts.for(connection), tx);
        this.#ledger?.write({ tx, n, conn: connection.id, state: "written" });
        if (connection.bufferedBytes() > this.#queueBytesMax) connection.reset();
      }
    }
  }

  backlogBytes(): number {
    let most = 0;
    for (const connection of this.#connections) most = Math.max(most, connection.bufferedBytes());
    return most;
  }

  // ── REST ───────────────────────────────────────────────────────────────────────────────────────────────────────────────

  request(request: RestRequest, address: string): VenueAnswer {
    const now = this.runtime.clock.wallTime();
    const route = this.dialect.rest(request, this.#feed);
    const verdict = this.#rest.spend(address, route.weight, now);
    const headers = { "content-type": "application/json;charset=UTF-8", ...this.dialect.weightHeaders(verdict.used) };
    if (verdict.status === 200) return { headers, ...route.answer() };
    return {
      status: verdict.status,
      headers: { ...headers, "retry-after": String(verdict.retryAfterSeconds) },
      body: this.dialect.refusal(verdict.status, verdict.used, verdict.untilTime),
    };
  }

  // ── the run ────────────────────────────────────────────────────────────────────────────────────────────────────────────

  /** No more events; connections stay. What they were sent so far is owed. */
  quiesce(): void {
    this.#feed.quiesce();
    this.note("quiesced");
    this.#ledger?.flush();
  }

  /** Tells every connection that it will end soon. */
  noticeShutdown(): void {
    for (const connection of this.#connections) connection.noticeShutdown();
  }

  note(market: MarketLine["market"], detail?: string): void {
    this.#ledger?.write({ market, at: this.time(), ...(detail === undefined ? {} : { detail }) });
  }

  summary(): { readonly events: number; readonly frames: number; readonly connections: number; readonly opened: number } {
    return { events: this.#eventCount, frames: this.#sentCount, connections: this.#connections.size, opened: this.#connectionCount };
  }

  stop(): void {
    this.#feed.stop();
    for (const connection of this.connections()) {
      connection.reset();
      this.gone(connection, "cut", "venue");
    }
    this.note("stopped");
    this.#ledger?.close();
  }

  #note(frame: Outgoing, texts: Texts): number {
    const n = ++this.#eventCount;
    if (this.#ledger === undefined) return n;
    const { topic } = frame;
    const path = topic === undefined ? frame.stream : `${this.dialect.source}/${topic.type}/${encodeSymbol(topic.symbol)}`;
    const facts = topic === undefined ? undefined : this.dialect.facts(topic, texts.payload("us"));
    this.#ledger.write({
      n,
      stream: path,
      symbol: topic?.symbol ?? "",
      id: facts?.id ?? String(n),
      seq: facts?.sequence ?? [n, n],
      fields: facts?.fields ?? {},
      t: facts?.eventTime ?? null,
    });
    return n;
  }

  #refused<T extends { readonly refuse: number; readonly reason: string }>(refusal: T): T {
    this.note("refused", `${refusal.refuse} ${refusal.reason}`);
    return refusal;
  }

  #forget(connection: VenueConnection, streams: Iterable<string>): void {
    const watchers = this.#watchers[connection.lane]!;
    for (const stream of streams) {
      const watching = watchers.get(stream);
      if (watching?.delete(connection) !== true || watching.size > 0) continue;
      watchers.delete(stream);
      this.#feed.unwatched(stream, connection.lane);
    }
  }
}

/** The texts of one event: at most two payloads and two frames of each, made when first needed. */
class Texts {
  readonly #dialect: Dialect;
  readonly #frame: Outgoing;
  readonly #payloads: Partial<Record<TimeUnit, string>> = {};
  readonly #combined: Partial<Record<TimeUnit, string>> = {};

  constructor(dialect: Dialect, frame: Outgoing) {
    this.#dialect = dialect;
    this.#frame = frame;
  }

  payload(unit: TimeUnit): string {
    return this.#payloads[unit] ??= this.#frame.payload(unit);
  }

  for({ timeUnit, isCombined }: VenueConnection): string {
    if (!isCombined) return this.payload(timeUnit);
    return this.#combined[timeUnit] ??= this.#dialect.envelope(this.#frame.stream, this.payload(timeUnit), true);
  }
}
