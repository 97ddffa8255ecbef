/** socket ▸ worker ▸ codec ▸ [router] ▸ path ▸ buffer ▸ chunk ▸ day file.  In: events of temporary paths. Out: their union, once and in order. */
import type { EventBase, EventType } from "../events/event_type.ts";
import type { Cancel, Timers } from "../runtime/runtime.ts";
import type { Agora } from "./agora.ts";
import { CutJoin } from "./cut_join.ts";
import { type ContinuityRule, DenseJoin } from "./dense_join.ts";
import type { Feed, GapReason, Join, JoinOwner } from "./join.ts";
import type { PathNode, Tap } from "./path_node.ts";
import type { Publisher } from "./publisher.ts";
import { RisingJoin } from "./rising_join.ts";

export interface RouterOptions<T extends EventBase> {
  readonly type: EventType<T>;
  /** The venue's rule, where it has one. */
  readonly continuity?: ContinuityRule;
  /**
   * How long events wait behind a hole for another feed to fill it, and up to twice as long: the largest skew between two sockets. For a
   * feed that is further behind and comes nearer, ten times as long.
   */
  readonly holdMs: number;
  readonly listener?: RouterListener<T>;
}

export interface RouterListener<T extends EventBase> {
  /** The first event of the path: whatever came before it, nobody here heard. */
  began(first: T): void;
  /** `after` was published, `before` follows; what lies between, if anything, reached none of our sockets. */
  gap(gap: Hole<T>): void;
  duplicate(event: T): void;
}

export interface Hole<T extends EventBase> {
  readonly path: string;
  readonly after: T;
  readonly before: T;
  readonly reason: GapReason;
}

/**
 * `first` nothing else fed the path · `proven` the new feed begins inside what is published · `quiet` nobody brought anything within the
 * wait · `unproven` the wait ended, or the old feed did, before the proof · `silent` the old feed brought events and the new one none:
 * not joined · `ended` the new feed ended first: not joined.
 */
export type JoinOutcome = "first" | "proven" | "quiet" | "unproven" | "silent" | "ended";

export interface RelayOptions {
  /**
   * The wait begins when this resolves (the subscription is acknowledged); a rejection counts as `ended`. What other feeds bring before,
   * or within `holdMs` of it, may have been sent before: it does not prove that the new feed is silent.
   */
  readonly ready: Promise<unknown>;
  /** A path on which nobody brings anything for this long is joined. */
  readonly quietMs: number;
  /** Longest wait for a proof. */
  readonly deadlineMs: number;
}

/** What a source did before it was added to the path. */
export interface FeedPast<T extends EventBase> {
  /** Events it brought, in order. */
  readonly events: readonly T[];
  /** Neither it nor the others brought anything for so long that it counts as joined. */
  readonly isQuiet: boolean;
}

/** Where a path stands: another router, in another process, goes on from there. */
export interface PathState<T extends EventBase> {
  /** The newest event that was published. */
  readonly last: T | undefined;
  /** Events that wait behind it for a proof, by the feed that brought them. */
  readonly held: readonly (readonly T[])[];
}

/** A source of a path, and what hears it. */
class Relay<T extends EventBase> implements Feed<T>, Tap {
  readonly path: string;
  reach = -1;
  isJoined = false;
  waiting: T[] = [];
  events = 0;
  followsQuietly = false;
  quietEdge: Feed<T>["quietEdge"];
  hasEnded = false;
  /** Undefined once it is resolved. */
  resolve: ((outcome: JoinOutcome) => void) | undefined;
  wait: Cancel | undefined;
  node: PathNode | undefined;
  /** The feeds it shall replace, until it is resolved. */
  others: readonly Relay<T>[];
  readonly #router: AgoraRouter<T>;

  constructor(path: string, router: AgoraRouter<T>, others: readonly Relay<T>[], resolve: (outcome: JoinOutcome) => void) {
    this.path = path;
    this.#router = router;
    this.others = others;
    this.resolve = resolve;
  }

  get isResolved(): boolean {
    return this.resolve === undefined;
  }

  /** None of them is left to be silent beside it. */
  get isAloneNow(): boolean {
    return this.others.every(({ hasEnded }) => hasEnded);
  }

  /** Events that they brought. */
  get eventsElsewhere(): number {
    return this.others.reduce((sum, { events }) => sum + events, 0);
  }

  event(_node: PathNode, event: EventBase): void {
    this.#router.heard(this, event as T);
  }

  ended(_node: PathNode, isBroken: boolean): void {
    this.#router.sourceEnded(this, isBroken);
  }
}

const HOLDS_MAX = 10; // with the hold of a source, half a minute: further behind, it is given up

/**
 * Keeps one persistent path while temporary ones come and go behind it: `relay` joins a new source to the path, and resolves when the
 * join is proven, so that whoever owns the old source knows when it may end. It owns its join and its relays, and answers to them: a few
 * objects a path and no closures, since there are nine thousand paths and an event touches all that lies between its socket and its buffer.
 */
export class AgoraRouter<T extends EventBase> implements JoinOwner<T>, Disposable {
  readonly path: string;
  readonly #agora: Agora;
  readonly #timers: Timers;
  readonly #options: RouterOptions<T>;
  readonly #publisher: Publisher<T>;
  readonly #initialValue: T | undefined;
  /** Chosen by the first event: only it says whether the venue numbers this stream. */
  #join: Join<T> | undefined;
  #feeds: Relay<T>[] = [];
  #hold: Cancel | undefined;
  #hasEdges = false;
  /** Every feed is joined and told so: events just pass. */
  #isSettled = false;

  constructor(agora: Agora, timers: Timers, toPath: string, initialValue: T | undefined, options: RouterOptions<T>) {
    this.path = toPath;
    this.#agora = agora;
    this.#timers = timers;
    this.#options = options;
    this.#publisher = agora.open(toPath, options.type, initialValue);
    this.#initialValue = initialValue;
  }

  /** Adds a temporary path as a source. The path must be open; its end ends the relay. */
  relay(fromPath: string, options: RelayOptions, past?: FeedPast<T>): Promise<JoinOutcome> {
    return new Promise((resolve) => {
      const others = this.#feeds.filter((feed) => !feed.hasEnded);
      const feed = new Relay(fromPath, this, others, resolve);
      this.#feeds = [...this.#feeds, feed];
      this.#isSettled = false;
      feed.node = this.#agora.tap(fromPath, feed);
      if (others.length === 0) this.#resolve(feed, "first");
      else if (past?.isQuiet === true) this.#resolve(feed, "quiet");
      else options.ready.then(() => this.#await(feed, options), () => this.sourceEnded(feed, true));
      for (const event of past?.events ?? []) this.heard(feed, event);
    });
  }

  get state(): PathState<T> {
    return { last: this.#publisher.last, held: this.#join?.held() ?? [] };
  }

  /** What a hole lacked, fetched by other means; it joins nothing. */
  fill(events: readonly T[]): void {
    this.#publisher.publishPast(events);
  }

  /** Ends the persistent path: the symbol left the universe, or the process stops. What is held back goes out first. */
  [Symbol.dispose](): void {
    this.#join?.release(Infinity);
    this.leave();
  }

  /** Ends the persistent path where it stands: whoever has its state goes on, also with what is held back. */
  leave(): void {
    this.#hold?.();
    for (const feed of this.#feeds) this.#forget(feed, "ended");
    this.#feeds = [];
    this.#publisher.close();
  }

  /** Of a relay of this router: what its source brought. */
  heard(feed: Relay<T>, event: T): void {
    feed.events++;
    if (this.#hasEdges) this.#proveEdges(feed);
    this.#join ??= this.#joinFor(event);
    this.#join.accept(feed, event);
    if (!this.#isSettled || this.#join.isHolding) this.#afterChange();
  }

  /** The same: its source is no more. */
  sourceEnded(feed: Relay<T>, isBroken: boolean): void {
    if (feed.hasEnded) return;
    feed.hasEnded = true;
    for (const other of this.#feeds) if (other !== feed && !other.hasEnded) this.#doubt(other, isBroken);
    this.#join?.ended();
    this.#forget(feed, "ended");
    this.#afterChange();
  }

  feeds(): readonly Feed<T>[] {
    return this.#feeds;
  }

  publish(event: T): void {
    if (this.#publisher.last === undefined) this.#options.listener?.began(event);
    this.#publisher.publishOne(event);
  }

  late(event: T): void {
    this.#publisher.publishPast([event]);
  }

  followed(feed: Feed<T>, first: T): void {
    feed.quietEdge = { after: this.#publisher.last!, before: first };
    this.#hasEdges = true;
  }

  duplicate(event: T): void {
    this.#options.listener?.duplicate(event);
  }

  gap(before: T, reason: GapReason): void {
    this.#options.listener?.gap({ path: this.path, after: this.#publisher.last!, before, reason });
  }

  /** A feed that still speaks was not deaf: what it did not bring was not there. */
  #proveEdges(speaking: Relay<T>): void {
    for (const feed of this.#feeds) if (feed !== speaking) feed.quietEdge = undefined;
    this.#hasEdges = this.#feeds.some((feed) => feed.quietEdge !== undefined);
  }

  /** A feed that ended by itself may have been deaf, and silent for that reason: whoever joined quietly beside it may have missed something. */
  #doubt(feed: Relay<T>, isBroken: boolean): void {
    const edge = feed.quietEdge;
    feed.quietEdge = undefined;
    if (!isBroken) return;
    if (edge !== undefined) this.#options.listener?.gap({ path: this.path, ...edge, reason: "disconnect" });
    else if (!feed.isJoined) feed.followsQuietly = false;
  }

  #afterChange(): void {
    for (const feed of this.#feeds) {
      if (feed.isJoined && !feed.isResolved) this.#resolve(feed, this.#feeds.length === 1 ? "unproven" : "proven");
    }
    if (this.#feeds.some((feed) => feed.hasEnded && feed.waiting.length === 0)) {
      this.#feeds = this.#feeds.filter((feed) => !feed.hasEnded || feed.waiting.length > 0);
    }
    if (this.#join?.isHolding) {
      if (this.#hold === undefined) this.#holdOn(this.#join, this.#join.mark(), HOLDS_MAX);
    } else {
      this.#hold?.();
      this.#hold = undefined;
    }
    this.#isSettled = this.#hold === undefined && this.#feeds.every((feed) => feed.isJoined && feed.isResolved && !feed.hasEnded);
  }

  /** A feed that lags, and comes nearer, brings what is missing: it is waited for. */
  #holdOn(join: Join<T>, mark: number, holdsLeft: number): void {
    const reach = join.reachOfBehind();
    this.#hold = this.#timers.after(this.#options.holdMs, () => {
      if (holdsLeft > 1 && join.reachOfBehind() > reach) this.#holdOn(join, mark, holdsLeft - 1);
      else this.#release(mark);
    });
  }

  #release(mark: number): void {
    this.#hold = undefined;
    const unproven = this.#feeds.filter((feed) => !feed.isJoined);
    this.#join?.release(mark);
    for (const feed of unproven) if (feed.isJoined && !feed.isResolved) this.#resolve(feed, "unproven");
    this.#afterChange();
  }

  /** Silence of everyone joins a feed, silence of it alone does not. Once it brings something, its proof or `holdMs` decides, and this ends. */
  async #await(feed: Relay<T>, { quietMs, deadlineMs }: RelayOptions): Promise<void> {
    const wait = (ms: number) => new Promise<void>((resolve) => feed.wait = this.#timers.after(Math.max(0, ms), resolve));
    const mayBeUnderWayMs = Math.max(quietMs, this.#options.holdMs);
    if (feed.isResolved) return;
    let before = feed.eventsElsewhere;
    await wait(quietMs);
    if (feed.isResolved || feed.events > 0) return;
    if (feed.eventsElsewhere === before) return this.#resolveQuiet(feed);
    await wait(mayBeUnderWayMs - quietMs);
    before = feed.eventsElsewhere;
    await wait(quietMs);
    if (feed.isResolved || feed.events > 0) return;
    if (feed.eventsElsewhere === before) return this.#resolveQuiet(feed);
    await wait(deadlineMs - mayBeUnderWayMs - quietMs);
    if (!feed.isResolved && feed.events === 0) this.#resolve(feed, "silent");
  }

  /** Nobody brought anything; that says something only where somebody was left to be silent beside it. */
  #resolveQuiet(feed: Relay<T>): void {
    this.#resolve(feed, feed.isAloneNow ? "unproven" : "quiet");
  }

  #resolve(feed: Relay<T>, outcome: JoinOutcome): void {
    feed.followsQuietly = outcome === "quiet";
    feed.wait?.();
    feed.resolve?.(outcome);
    feed.resolve = undefined;
    feed.others = []; // or each would hold all that were before it
  }

  #forget(feed: Relay<T>, outcome: JoinOutcome): void {
    feed.node?.detach(feed);
    if (!feed.isResolved) this.#resolve(feed, outcome);
  }

  #joinFor(event: T): Join<T> {
    const { type, continuity } = this.#options;
    if (type.sequenceKey(event) === undefined) return new CutJoin(this);
    const position = this.#initialValue === undefined ? undefined : type.sequenceKey(this.#initialValue);
    return continuity === undefined ? new RisingJoin(type, position?.[1], this) : new DenseJoin(type, continuity, position, this);
  }
}
