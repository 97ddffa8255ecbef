/** socket ▸ worker ▸ codec ▸ [standby] ▸ router ▸ path.  In: events of temporary paths. Out: nothing, until it is told where the path stands. */
import type { EventBase, EventType } from "../events/event_type.ts";
import { US_PER_MS } from "../lib/time.ts";
import type { Runtime } from "../runtime/runtime.ts";
import type { Agora } from "./agora.ts";
import type { Tap } from "./path_node.ts";
import { TEMPORARY } from "./pattern.ts";
import type { AgoraRouter, JoinOutcome, PathState, RelayOptions } from "./router.ts";

interface Feed<T extends EventBase> {
  readonly path: string;
  readonly options: RelayOptions;
  readonly detach: () => void;
  events: T[];
  /** When the venue had acknowledged it, wall clock. */
  subscribedTime: number;
  /** What the wall clock was ahead of the one that never steps, then, in ms. */
  clockAheadMs: number;
  /** Its oldest events are no longer kept. */
  isCut: boolean;
  /** Undefined while it lives. */
  end: "closed" | "broken" | undefined;
}

const KEPT_US = 150_000_000; // the other process may drain for a minute before it can say where it left; a slow disk needs it all
const EVENTS_MAX = 262_144; // of one socket's stream: all of that time at 1,700 a second
const LOOK_EVENTS = 512; // fewer cost nothing
const CLOCK_STEP_MS = 250;

/**
 * A path that another process publishes still. What its own sockets bring is kept, bounded; when the other one has said where it left the
 * path, a router goes on from there: the other process is to it one more source, which ended, and so is proven like any other.
 */
export class StandbyPath<T extends EventBase> implements Disposable {
  readonly #agora: Agora;
  readonly #runtime: Pick<Runtime, "clock" | "timers">;
  readonly #type: EventType<T>;
  readonly #feeds: Feed<T>[] = [];

  constructor(agora: Agora, runtime: Pick<Runtime, "clock" | "timers">, type: EventType<T>) {
    this.#agora = agora;
    this.#runtime = runtime;
    this.#type = type;
  }

  /** Nothing is proven yet; but one that replaces another one overlaps it for as long as silence takes to join them later. */
  async relay(fromPath: string, options: RelayOptions): Promise<JoinOutcome> {
    const isFirst = this.#feeds.every(({ end }) => end !== undefined);
    const tap: Tap = {
      event: (_node, event) => keep(feed, event as T),
      ended: (_node, isBroken) => void (feed.end = isBroken ? "broken" : "closed"),
    };
    const node = this.#agora.tap(fromPath, tap);
    const feed: Feed<T> = {
      path: fromPath,
      options,
      detach: () => node.detach(tap),
      events: [],
      subscribedTime: Infinity,
      clockAheadMs: NaN,
      isCut: false,
      end: undefined,
    };
    this.#feeds.push(feed);
    try {
      await options.ready;
    } catch {
      return "ended";
    }
    feed.subscribedTime = this.#runtime.clock.wallTime();
    feed.clockAheadMs = this.#clockAheadMs();
    if (isFirst) return "first";
    await new Promise<void>((resolve) => this.#runtime.timers.after(options.quietMs, resolve));
    return "quiet";
  }

  /** Nothing is fetched for a path before it begins. */
  fill(): void {}

  /** From now on `router` is the path. `leftTime`: when the other process left it; undefined where nobody knows. */
  goOn(router: AgoraRouter<T>, state: PathState<T> | undefined, leftTime: number | undefined): void {
    const isNumbered = state?.last !== undefined && this.#type.sequenceKey(state.last) !== undefined;
    // Of a stream the venue does not number, the other process had whatever came before it left.
    const isNew = (event: T) => isNumbered || state === undefined || leftTime === undefined || event.recvTime > leftTime;
    const others = isNumbered ? [[state.last!], ...state.held] : [];
    const ends = others.map((events, i) => this.#relayEnded(router, `${TEMPORARY}left-${i}/${router.path}`, events, false));
    for (const feed of this.#feeds) {
      feed.detach();
      const events = feed.events.filter(isNew);
      if (feed.end !== undefined) ends.push(this.#relayEnded(router, feed.path, events, feed.end === "broken"));
      else {void router.relay(feed.path, { ...feed.options, ready: Promise.resolve() }, {
          events,
          isQuiet: this.#isSteady(feed) && isQuiet(feed, state, leftTime),
        });}
    }
    this.#feeds.length = 0;
    for (const end of ends) end();
  }

  [Symbol.dispose](): void {
    for (const feed of this.#feeds) feed.detach();
    this.#feeds.length = 0;
  }

  /** Times of both processes can be compared: nobody set the clock meanwhile. */
  #isSteady({ clockAheadMs }: Feed<T>): boolean {
    return Math.abs(this.#clockAheadMs() - clockAheadMs) < CLOCK_STEP_MS;
  }

  #clockAheadMs(): number {
    const { clock } = this.#runtime;
    return clock.wallTime() / US_PER_MS - clock.monotonicMs();
  }

  /** A source that is no more: what it brought, and then its end. */
  #relayEnded(router: AgoraRouter<T>, path: string, events: readonly T[], isBroken: boolean): () => void {
    const publisher = this.#agora.open<T>(path, this.#type);
    void router.relay(path, { ready: Promise.resolve(), quietMs: 0, deadlineMs: 0 }, { events, isQuiet: false });
    return () => publisher.close(isBroken);
  }
}

/** The older half, or what is too old, goes: the feed then begins later, which the join sees. */
function keep<T extends EventBase>(feed: Feed<T>, event: T): void {
  const { events } = feed;
  events.push(event);
  if (events.length % LOOK_EVENTS !== 0) return;
  const firstFresh = events.findIndex(({ recvTime }) => recvTime >= event.recvTime - KEPT_US);
  const from = events.length >= EVENTS_MAX ? Math.max(firstFresh, events.length >> 1) : firstFresh;
  if (from === 0) return;
  feed.events = events.slice(from);
  feed.isCut = true;
}

/** The same silence that joins a socket to another one: neither side brought anything for so long, both subscribed. */
function isQuiet<T extends EventBase>(
  { events, isCut, subscribedTime, options: { quietMs } }: Feed<T>,
  state: PathState<T> | undefined,
  leftTime: number | undefined,
): boolean {
  const last = state?.last?.recvTime;
  if (last === undefined || leftTime === undefined || isCut || state!.held.length > 0) return false;
  const quietUs = quietMs * US_PER_MS;
  const until = Math.min(events[0]?.recvTime ?? Infinity, leftTime);
  return last <= subscribedTime + quietUs && until - Math.max(last, subscribedTime) >= quietUs;
}
