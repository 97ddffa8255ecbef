/** path ▸ [client].  In: events of the paths a client asked for. Out: its messages, in order, each path's without a hole or with the hole told. */
import type { Agora } from "../../agora/agora.ts";
import { compilePattern, type Pattern } from "../../agora/pattern.ts";
import type { PathNode, Tap } from "../../agora/path_node.ts";
import { eventJson } from "../../events/event_json.ts";
import type { EventBase, EventType, Level } from "../../events/event_type.ts";
import { gap, type GapEvent } from "../../events/gap.ts";
import { type Entry, FeedQueue } from "./feed_queue.ts";
import type { GapWatch } from "./gap_watch.ts";

const GAP = gap as unknown as EventType;

/** What all clients have together. */
export interface SharedByFeeds {
  /** Rendered messages: a hundred clients of one path render each once. */
  readonly texts: WeakMap<EventBase, Rendered>;
  readonly gaps: GapWatch;
}

export interface FeedOwner {
  /** There is something to take. Called once until `take` has emptied the feed. */
  ready(): void;
  /** The client is just being told that it lost so many events. */
  lost(events: number): void;
}

type Hear = (route: Route, node: PathNode, event: EventBase) => void;

/** One path of one client. It is the tap itself, so that an event finds its way without looking anything up. Small: a client may have nine thousand. */
class Route implements Tap {
  readonly #hear: Hear;
  /** Replaced when the path ends and begins anew; numbers then go on from `base`. */
  node: PathNode;
  base = 0;
  /** Number of the newest event the client was told of; undefined before its current value. */
  toldSeq: number | undefined;

  constructor(node: PathNode, hear: Hear) {
    this.node = node;
    this.#hear = hear;
  }

  get path(): string {
    return this.node.path;
  }

  event(node: PathNode, event: EventBase): void {
    this.#hear(this, node, event);
  }
}

/** What an event is as a message, in UTF-8, and with which number: nearly every client of a path gets the same one. */
export interface Rendered {
  readonly seq: number;
  readonly bytes: Uint8Array;
}

const ENCODER = new TextEncoder();
const QUEUED_BYTES_MAX = 1024 * 1024; // of one client; the events themselves are shared by all
const EVENT_BYTES = 320; // of a message without lists, measured on trades
const LEVEL_BYTES = 40;
const GAPS_QUEUED_MAX = 50_000; // five gap rows of each path of a venue; they are never left out
const CONFLATED = "bbo"; // only its newest event matters to who lags

/**
 * What one client gets. It joins a path when it can take its current value: that comes with its number, then every event published after
 * that moment. The publisher never waits. A client whose queue is full falls asleep: it leaves each path with the first event it cannot hear,
 * which then costs nobody anything. When it reads it takes what is queued (of `bbo` the newest of a path), and joins anew what it left; the
 * step in `seq` is told by a `lagged` message.
 */
export class ClientFeed implements Disposable {
  readonly #agora: Agora;
  readonly #texts: WeakMap<EventBase, Rendered>;
  readonly #owner: FeedOwner;
  readonly #patterns = new Map<string, { readonly pattern: Pattern; readonly end: () => void }>();
  readonly #routes = new Map<string, Route>();
  /** Not joined yet, or left: those that hear nothing. */
  readonly #joining = new Set<Route>();
  readonly #queue = new FeedQueue<Route>();
  #isReady = false;
  /** The queue was full, or nobody took from it: no path is joined until it is taken. */
  #isAsleep = false;
  readonly #endGaps: () => void;
  #wasTold = false;
  /** Since it was last looked at. */
  #wasTaken = true;

  constructor(agora: Agora, { texts, gaps }: SharedByFeeds, owner: FeedOwner) {
    this.#agora = agora;
    this.#texts = texts;
    this.#owner = owner;
    this.#endGaps = gaps.hear((path, gap) => this.#hearGap(path, gap));
  }

  get patterns(): number {
    return this.#patterns.size;
  }

  get paths(): number {
    return this.#routes.size;
  }

  get isEmpty(): boolean {
    return this.#queue.isEmpty && this.#joining.size === 0;
  }

  /** Takes in every path that matches, now and later. Throws RangeError for what is no pattern. */
  subscribe(text: string): void {
    if (this.#patterns.has(text)) return;
    const pattern = compilePattern(text);
    this.#patterns.set(text, { pattern, end: this.#agora.follow(text, (node) => this.#opened(node)) });
  }

  /** Leaves what no other pattern holds. False when it never asked for it. */
  unsubscribe(text: string): boolean {
    const subscribed = this.#patterns.get(text);
    if (subscribed === undefined) return false;
    subscribed.end();
    this.#patterns.delete(text);
    const rest = [...this.#patterns.values()];
    for (const route of this.#routes.values()) {
      if (!subscribed.pattern.matches(route.path) || rest.some(({ pattern }) => pattern.matches(route.path))) continue;
      route.node.detach(route);
      this.#routes.delete(route.path);
      this.#joining.delete(route);
    }
    this.#queue.keep(({ route }) => this.#routes.get(route.path) === route);
    if (this.isEmpty) this.#isReady = this.#isAsleep = false; // nobody takes from an empty feed, and it missed nothing
    return true;
  }

  readonly #hear: Hear = (route, node, event) => {
    if (route.node !== node) return;
    if (this.#isAsleep) {
      node.detach(route);
      this.#joining.add(route);
      return;
    }
    this.#queue.push({ route, type: node.type, seq: route.base + node.seq, event, bytes: bytesOf(node.type, event) });
    if (this.#queue.bytes > QUEUED_BYTES_MAX) this.#isAsleep = true;
    this.#tell();
  };

  /** Told between the events it was published between, also while the client is asleep: a hole is never left out. */
  #hearGap(path: string, event: GapEvent): void {
    const route = this.#routes.get(path);
    if (route?.toldSeq === undefined) return; // not asked for, or not begun: what comes first is behind the hole
    this.#queue.push({ route, type: GAP, seq: undefined, event, bytes: 0 });
    this.#tell();
  }

  /** Messages of at least one event and about so many bytes. */
  take(bytes: number): Uint8Array[] {
    const messages: Uint8Array[] = [];
    let taken = 0;
    const add = (message: Uint8Array) => {
      messages.push(message);
      taken += message.length;
    };
    // Awake, a path is joined before what is queued of others; asleep, after what is queued of itself.
    if (this.#isAsleep) this.#queue.conflate(CONFLATED);
    else this.#takeJoining(add, () => taken < bytes);
    while (!this.#queue.isEmpty && taken < bytes) this.#addEntry(add, this.#queue.take());
    if (this.#queue.isEmpty) {
      this.#isAsleep = false;
      this.#takeJoining(add, () => taken < bytes);
    }
    this.#wasTaken = true;
    if (this.isEmpty) {
      this.#isReady = false;
      this.#wasTold = false;
    }
    return messages;
  }

  /**
   * To be called every five seconds. What nobody took since the last call has waited too long, and the client leaves its paths; `stalled`
   * when that was so before already.
   */
  look(): "fine" | "lagging" | "stalled" {
    const isStuck = !this.isEmpty && !this.#wasTaken;
    this.#wasTaken = this.isEmpty;
    if (!isStuck) return "fine";
    if (this.#wasTold || this.#queue.gaps > GAPS_QUEUED_MAX) return "stalled";
    this.#isAsleep = true;
    this.#wasTold = true;
    return "lagging";
  }

  [Symbol.dispose](): void {
    for (const { end } of this.#patterns.values()) end();
    for (const route of this.#routes.values()) route.node.detach(route);
    this.#endGaps();
    this.#patterns.clear();
    this.#routes.clear();
    this.#joining.clear();
    this.#queue.clear();
  }

  #opened(node: PathNode): void {
    const known = this.#routes.get(node.path);
    if (known?.node === node) return;
    if (known === undefined) {
      // When the path ends the route stays: what is queued is still told, and the path may begin anew.
      const route = new Route(node, this.#hear);
      this.#routes.set(node.path, route);
      if (node.last === undefined && !this.#isAsleep) {
        // Nothing to begin with: the first event is heard, whenever it comes.
        route.toldSeq = node.seq;
        node.attach(route);
        return;
      }
      this.#joining.add(route);
      this.#tell();
    } else {
      // It has not published yet, so it can be joined behind what is queued of its former life.
      known.base += known.node.seq;
      known.node = node;
      if (!this.#joining.has(known)) node.attach(known);
    }
  }

  #tell(): void {
    if (this.#isReady) return;
    this.#isReady = true;
    this.#owner.ready();
  }

  /** Joins paths: their current value where it was not told yet, and the number they have come to. */
  #takeJoining(add: (message: Uint8Array) => void, hasRoom: () => boolean): void {
    for (const route of this.#joining) {
      if (!hasRoom()) return;
      this.#joining.delete(route);
      const { node, base, toldSeq } = route;
      const seq = base + node.seq;
      node.attach(route);
      if (node.last !== undefined && (toldSeq === undefined || base + node.lastSeq > toldSeq)) {
        this.#add(add, route, seq, node.type, node.last);
      } else if (toldSeq === undefined) route.toldSeq = seq;
      else if (seq > toldSeq) this.#addLag(add, route, seq);
    }
  }

  #addEntry(add: (message: Uint8Array) => void, { route, seq, type, event }: Entry<Route>): void {
    if (seq !== undefined) this.#add(add, route, seq, type, event);
    else add(ENCODER.encode(`${headOf(route)},"gap":${eventJson(type, event)}}`));
  }

  #add(add: (message: Uint8Array) => void, route: Route, seq: number, type: EventType, event: EventBase): void {
    if (route.toldSeq !== undefined && seq > route.toldSeq + 1) this.#addLag(add, route, seq - 1);
    let rendered = this.#texts.get(event);
    if (rendered?.seq !== seq) {
      rendered = { seq, bytes: ENCODER.encode(`${headOf(route)},"seq":${seq},"event":${eventJson(type, event)}}`) };
      this.#texts.set(event, rendered);
    }
    add(rendered.bytes);
    route.toldSeq = seq;
  }

  /** Everything of the path up to that number was told or is lost. */
  #addLag(add: (message: Uint8Array) => void, route: Route, seq: number): void {
    const lagged = seq - route.toldSeq!;
    this.#owner.lost(lagged);
    route.toldSeq = seq;
    add(ENCODER.encode(`${headOf(route)},"lagged":${lagged}}`));
  }
}

function headOf({ path }: Route): string {
  return `{"path":${JSON.stringify(path)}`;
}

/** About as long as the message is. */
function bytesOf({ name, columns }: EventType, event: EventBase): number {
  if (name === CONFLATED || name === "trade") return EVENT_BYTES; // nearly all there is, and without lists
  let bytes = EVENT_BYTES;
  for (const { kind, field } of columns) {
    if (kind === "levels") bytes += LEVEL_BYTES * (event as unknown as Record<string, readonly Level[]>)[field]!.length;
  }
  return bytes;
}
