import type { Dialect, RestRequest, VenueLimits } from "../../exchanges/dialect.ts";
import { encodeSymbol } from "../../lib/symbol_name.ts";
import type { Runtime } from "../../runtime/runtime.ts";
import { ConnectRate } from "./connect_rate.ts";
import { FaultLog } from "./fault_log.ts";
import type { Faults, FrameFault } from "./faults.ts";
import { type Audience, type Feed, LANES, type Outgoing } from "./feed.ts";
import { FrameTexts } from "./frame_texts.ts";
import type { Ledger, MarketLine } from "./ledger.ts";
import { GOING_AWAY, type Life } from "./life.ts";
import { Offenders } from "./offenders.ts";
import { type ConnectionHost, VenueConnection, type VenuePeer } from "./venue_connection.ts";
import { type VenueAnswer, VenueRest } from "./venue_rest.ts";

const MB = 1024 * 1024;
const LOOK_MS = 5;
const PROVE_HOLES: ReadonlySet<string> = new Set(["trade", "depth"]); // of best bid and offer nobody can know that one is missing
const LEAVE_MS = 2_000; // a transport gives a client half of it to answer the close frame

export type { VenueAnswer } from "./venue_rest.ts";

export interface VenueOptions {
  readonly limits?: Partial<VenueLimits>;
  /** Told this long before a connection's end of life; 0 = it ends without a word. */
  readonly shutdownNoticeMs?: number;
  /** How a connection ends at its age. */
  readonly endsBy?: "close" | "reset";
  /** A consumer with more than this waiting is cut off. Venues queue and never conflate. */
  readonly queueBytesMax?: number;
  /** What goes wrong on purpose. It also says how long connections live. */
  readonly faults?: Faults;
  readonly ledger?: Ledger;
  /** Told of everything that goes wrong on purpose. */
  readonly onFault?: (kind: string, detail: string) => void;
}

/** Counts over a run. */
export interface VenueSummary {
  readonly events: number;
  /** Events times the connections they went to. */
  readonly frames: number;
  /** Open now. */
  readonly connections: number;
  readonly opened: number;
  readonly refused: number;
  readonly requests: number;
  /** What went wrong on purpose, by kind. */
  readonly faults: Readonly<Record<string, number>>;
}

/**
 * A venue without its transport: connections, limits, subscriptions, REST, and a ledger of what it sent to whom. It knows time only
 * through the runtime, so it serves real sockets on loopback and virtual ones in a simulated world alike.
 */
export class Venue implements Audience, ConnectionHost {
  readonly runtime: Runtime;
  readonly dialect: Dialect;
  readonly limits: VenueLimits;
  /** How a connection lives where nothing goes wrong. */
  readonly #plainLife: Life;
  #faults: Faults | undefined;
  #isLeaving = false;
  readonly #feed: Feed;
  readonly #ledger: Ledger | undefined;
  readonly #queueBytesMax: number;
  readonly #rest: VenueRest;
  readonly #faultLog: FaultLog;
  readonly #connects: ConnectRate;
  readonly #offenders: Offenders;
  readonly #connections = new Set<VenueConnection>();
  /** For each lane, who watches a stream. */
  readonly #watchers: Map<string, Set<VenueConnection>>[] = Array.from({ length: LANES }, () => new Map());
  /** Where a stream's events belong; as many as there are streams. */
  readonly #paths = new Map<string, string>();
  #connectionCount = 0;
  #upgradeCount = 0;
  #refusedCount = 0;
  #eventCount = 0;
  #sentCount = 0;

  constructor(runtime: Runtime, dialect: Dialect, feed: Feed, options: VenueOptions = {}) {
    this.runtime = runtime;
    this.dialect = dialect;
    this.limits = { ...dialect.limits, ...options.limits };
    const { shutdownNoticeMs = 0, endsBy = "close" } = options;
    const end = endsBy === "reset" ? { by: "reset" } as const : GOING_AWAY;
    this.#plainLife = { ageMs: this.limits.socketAgeMaxMs, noticeMs: shutdownNoticeMs, end };
    this.#faults = options.faults;
    this.#queueBytesMax = options.queueBytesMax ?? 8 * MB;
    this.#feed = feed;
    this.#ledger = options.ledger;
    this.#faultLog = new FaultLog(() => this.time(), options.ledger, options.onFault);
    this.#rest = new VenueRest(runtime.clock, { dialect, limits: this.limits, market: feed }, () => this.#faults, this.#faultLog);
    this.#connects = new ConnectRate(this.limits.connectsMax, this.limits.connectWindowMs);
    this.#offenders = new Offenders(this.limits);
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
    if (this.#isLeaving) return this.#refused({ refuse: 503, reason: "Shutting down." });
    const nowMs = this.runtime.clock.monotonicMs();
    const banMs = this.#offenders.waitMs(address, nowMs);
    if (banMs > 0) return this.#refused({ refuse: 418, retryAfterMs: banMs, reason: "Banned for too many requests." });
    const waitMs = this.#connects.attempt(address, nowMs);
    if (waitMs > 0) return this.#refused({ refuse: 429, retryAfterMs: waitMs, reason: "Too many connections." });
    if (target.length > this.limits.targetCharsMax) return this.#refused({ refuse: 414, reason: "Request target too long." });
    const accepted = this.dialect.accept(target);
    if ("refuse" in accepted) return this.#refused(accepted);
    const fault = this.#faults?.upgrade(this.#upgradeCount);
    this.#upgradeCount++;
    if (fault !== undefined) {
      this.#faultLog.note("refused", `upgrade with ${fault.refuse}`);
      return this.#refused(fault);
    }
    const id = ++this.#connectionCount;
    const connection = new VenueConnection(this, peer, { ...accepted, id, address, life: this.#faults?.life(id) ?? this.#plainLife });
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
      if (connection.isMute) continue;
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
    const detail = by === "venue" ? connection.why : undefined;
    this.#ledger?.write({ conn: connection.id, step: "closed", at: this.time(), how, by, ...(detail === undefined ? {} : { detail }) });
  }

  mute(connection: VenueConnection): void {
    this.#forget(connection, connection.streams);
  }

  offended(connection: VenueConnection): void {
    this.#offenders.note(connection.address, this.runtime.clock.monotonicMs());
  }

  fault(kind: string, connection: VenueConnection, detail?: string): void {
    if (this.#faults !== undefined) this.#faultLog.note(kind, `conn ${connection.id}${detail === undefined ? "" : ` ${detail}`}`);
  }

  connections(): readonly VenueConnection[] {
    return [...this.#connections];
  }

  // ── what goes out ──────────────────────────────────────────────────────────────────────────────────────────────────────

  isWatched(stream: string, lane?: number): boolean {
    return lane === undefined ? this.#watchers.some((watchers) => watchers.has(stream)) : this.#watchers[lane]!.has(stream);
  }

  publish(frame: Outgoing, lane?: number): void {
    const texts = new FrameTexts(this.dialect, frame);
    let n = 0;
    for (const [index, watchers] of this.#watchers.entries()) {
      if (lane !== undefined && index !== lane) continue;
      for (const connection of watchers.get(frame.stream) ?? []) {
        if (!connection.isOpen) continue;
        if (n === 0) n = this.#note(frame, texts);
        const tx = ++this.#sentCount;
        const fault = this.#frameFault(connection, tx, frame);
        if (fault !== "lost") {
          for (const text of textsOf(texts.for(connection), fault)) connection.send(text, tx);
          this.#ledger?.write({ tx, n, conn: connection.id, state: "written" });
        }
        if (connection.bufferedBytes() > this.#queueBytesMax) connection.reset("consumer too slow");
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
    return this.#rest.request(request, address);
  }

  // ── the run ────────────────────────────────────────────────────────────────────────────────────────────────────────────

  /** From now on nothing goes wrong on purpose. Connections that were planned to end stay; those that fell silent are reset. */
  stopFaults(): void {
    if (this.#faults === undefined) return;
    this.#faults = undefined;
    for (const connection of this.connections()) connection.reprieve();
  }

  /** No more events and no more faults; connections stay. What they were sent so far is owed. */
  quiesce(): void {
    this.stopFaults();
    this.#feed.quiesce();
    this.note("quiesced");
    this.#ledger?.flush();
  }

  /** Resolves when every open connection has answered for everything it was sent, or has had the time a pong may take. */
  delivered(): Promise<void> {
    const { timers, clock } = this.runtime;
    const untilMs = clock.monotonicMs() + this.limits.pongWithinMs;
    for (const connection of this.#connections) connection.probe();
    return new Promise((resolve) => {
      const look = () => {
        const isOwed = [...this.#connections].some((each) => each.isOpen && !each.hasAll);
        if (isOwed && clock.monotonicMs() < untilMs) timers.after(LOOK_MS, look);
        else resolve();
      };
      look();
    });
  }

  /** No more events, and every connection is closed by handshake as far as its client answers: what it was sent so far has then arrived. */
  leave(): Promise<void> {
    this.#isLeaving = true;
    this.#feed.stop();
    const { timers, clock } = this.runtime;
    const untilMs = clock.monotonicMs() + LEAVE_MS;
    for (const connection of this.connections()) connection.close(GOING_AWAY.code, GOING_AWAY.reason);
    return new Promise((resolve) => {
      const look = () => {
        if (this.#connections.size > 0 && clock.monotonicMs() < untilMs) timers.after(LOOK_MS, look);
        else resolve();
      };
      look();
    });
  }

  /** Tells every connection that it will end soon. */
  noticeShutdown(): void {
    for (const connection of this.#connections) connection.noticeShutdown();
  }

  note(market: MarketLine["market"], detail?: string): void {
    this.#ledger?.write({ market, at: this.time(), ...(detail === undefined ? {} : { detail }) });
  }

  /** A change in the list of symbols that nobody asked for. */
  symbolFault(kind: "listed" | "delisted" | "halted" | "resumed", symbol: string): void {
    this.#faultLog.note(kind, symbol);
  }

  summary(): VenueSummary {
    return {
      events: this.#eventCount,
      frames: this.#sentCount,
      connections: this.#connections.size,
      opened: this.#connectionCount,
      refused: this.#refusedCount,
      requests: this.#rest.requestCount,
      faults: this.#faultLog.counts(),
    };
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

  #frameFault(connection: VenueConnection, tx: number, { topic }: Outgoing): FrameFault | undefined {
    const fault = this.#faults?.frame(tx);
    if (fault === undefined || (fault === "lost" && (topic === undefined || !PROVE_HOLES.has(topic.type)))) return undefined;
    this.fault(`frame ${fault}`, connection);
    return fault;
  }

  #note(frame: Outgoing, texts: FrameTexts): number {
    const n = ++this.#eventCount;
    if (this.#ledger === undefined) return n;
    const { topic } = frame;
    const facts = topic === undefined ? undefined : this.dialect.facts(topic, texts.payload("us"));
    this.#ledger.write({
      n,
      stream: this.#pathOf(frame),
      symbol: topic?.symbol ?? "",
      id: facts?.id ?? String(n),
      seq: facts?.sequence ?? [n, n],
      fields: facts?.fields ?? {},
      t: facts?.eventTime ?? null,
    });
    return n;
  }

  #pathOf({ stream, topic }: Outgoing): string {
    let path = this.#paths.get(stream);
    if (path === undefined) {
      path = topic === undefined ? stream : `${this.dialect.source}/${topic.type}/${encodeSymbol(topic.symbol)}`;
      this.#paths.set(stream, path);
    }
    return path;
  }

  #refused<T extends { readonly refuse: number; readonly reason: string }>(refusal: T): T {
    this.#refusedCount++;
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

/** What is written instead of a frame. */
function textsOf(text: string, fault: FrameFault | undefined): readonly string[] {
  switch (fault) {
    case "doubled":
      return [text, text];
    case "damaged":
      return [text.slice(0, text.length >> 1), text];
    case "drifted":
      return [text.replace(/(\}?\})$/, ',"undocumented":[1]$1')];
    default:
      return [text];
  }
}
