/** path ▸ [client].  In: events of the paths a client asked for. Out: its messages, in order, each path's without a hole or with the hole told. */
import type { Agora } from "../../agora/agora.ts";
import { compilePattern, type Pattern } from "../../agora/pattern.ts";
import type { PathNode, Tap } from "../../agora/path_node.ts";
import { eventJson } from "../../events/event_json.ts";
import type { EventBase, EventType, Level } from "../../events/event_type.ts";

export interface FeedOwner {
  /** There is something to take. Called once until `take` has emptied the feed. */
  ready(): void;
  /** So many events will not reach this client; it is told. */
  lost(events: number): void;
}

interface Route {
  readonly path: string;
  readonly head: string;
  /** Replaced when the path ends and begins anew; numbers then go on from `base`. */
  node: PathNode;
  base: number;
  /** Number of the newest event that was queued or told of. */
  queuedSeq: number;
  toldSeq: number;
}

interface Entry {
  readonly route: Route;
  readonly type: EventType;
  readonly seq: number;
  readonly event: EventBase;
  readonly bytes: number;
}

const QUEUED_BYTES_MAX = 1024 * 1024; // of one client; the events themselves are shared by all
const EVENT_BYTES = 320; // of a message without lists, measured on trades
const LEVEL_BYTES = 40;
const CONFLATED = "bbo"; // only its newest event matters to who lags

/**
 * What one client gets. It joins a path exactly: the current value with its number, then every event published after that moment. The
 * publisher never waits: a client that does not take its messages loses the oldest ones (of `bbo` all but the newest of a path), and the
 * step in `seq` is told by a `lagged` message before the next event of that path.
 */
export class ClientFeed implements Tap, Disposable {
  readonly #agora: Agora;
  readonly #texts: WeakMap<EventBase, string>;
  readonly #owner: FeedOwner;
  readonly #patterns = new Map<string, { readonly pattern: Pattern; readonly end: () => void }>();
  readonly #routes = new Map<string, Route>();
  #queue: Entry[] = [];
  /** Entries before it were taken. */
  #from = 0;
  #bytes = 0;
  #isReady = false;
  #hasLagged = false;
  /** Takes since it was last looked at. */
  #wasTaken = true;
  /** Paths that lost events and may have none queued that would tell of it. */
  readonly #owed = new Set<Route>();

  /** `texts` keeps rendered events: a hundred clients of one path render each once. */
  constructor(agora: Agora, texts: WeakMap<EventBase, string>, owner: FeedOwner) {
    this.#agora = agora;
    this.#texts = texts;
    this.#owner = owner;
  }

  get patterns(): number {
    return this.#patterns.size;
  }

  get paths(): number {
    return this.#routes.size;
  }

  get isEmpty(): boolean {
    return this.#from === this.#queue.length && this.#owed.size === 0;
  }

  /** Joins every path that matches, now and later. Throws RangeError for what is no pattern. */
  subscribe(text: string): void {
    if (this.#patterns.has(text)) return;
    const pattern = compilePattern(text);
    let end = () => {};
    this.#patterns.set(text, { pattern, end: () => end() });
    end = this.#agora.follow(text, (node) => this.#join(node));
  }

  /** Leaves what no other pattern holds. False when it never asked for it. */
  unsubscribe(text: string): boolean {
    const subscribed = this.#patterns.get(text);
    if (subscribed === undefined) return false;
    subscribed.end();
    this.#patterns.delete(text);
    const rest = [...this.#patterns.values()];
    for (const route of this.#routes.values()) {
      if (rest.some(({ pattern }) => pattern.matches(route.path))) continue;
      route.node.detach(this);
      this.#routes.delete(route.path);
      this.#owed.delete(route);
    }
    this.#replaceQueue(this.#queue.slice(this.#from).filter(({ route }) => this.#routes.get(route.path) === route));
    return true;
  }

  event(node: PathNode, event: EventBase): void {
    const route = this.#routes.get(node.path);
    if (route?.node === node) this.#push(route, route.base + node.seq, event);
  }

  ended(): void {
    // The route stays: what is queued is still told, and the path may begin anew.
  }

  /** Messages of at least one event and about so many bytes. */
  take(bytes: number): string[] {
    const texts: string[] = [];
    let taken = 0;
    while (this.#from < this.#queue.length && taken < bytes) {
      const entry = this.#queue[this.#from++]!;
      const { route, seq } = entry;
      if (seq > route.toldSeq + 1) texts.push(this.#lag(route, seq - 1));
      const text = `${route.head},"seq":${seq},"event":${this.#textOf(entry)}}`;
      texts.push(text);
      route.toldSeq = seq;
      taken += text.length;
      this.#bytes -= entry.bytes;
    }
    this.#wasTaken = true;
    if (this.#from === this.#queue.length) {
      for (const route of this.#owed) if (route.queuedSeq > route.toldSeq) texts.push(this.#lag(route, route.queuedSeq));
      this.#owed.clear();
      this.#replaceQueue([]);
      this.#isReady = false;
      this.#hasLagged = false;
    } else if (this.#from > 4_096 && this.#from > this.#queue.length / 2) this.#replaceQueue(this.#queue.slice(this.#from));
    return texts;
  }

  /**
   * To be called every five seconds. What nobody took since the last call has waited too long: the oldest goes; `stalled` when that was so
   * before already.
   */
  look(): "fine" | "lagging" | "stalled" {
    const isStuck = !this.isEmpty && !this.#wasTaken;
    this.#wasTaken = this.isEmpty;
    if (!isStuck) return "fine";
    if (this.#hasLagged) return "stalled";
    this.#shed(0);
    this.#hasLagged = true;
    return "lagging";
  }

  [Symbol.dispose](): void {
    for (const { end } of this.#patterns.values()) end();
    for (const { node } of this.#routes.values()) node.detach(this);
    this.#patterns.clear();
    this.#routes.clear();
    this.#replaceQueue([]);
  }

  #join(node: PathNode): void {
    const known = this.#routes.get(node.path);
    if (known?.node === node) return;
    node.attach(this);
    if (known === undefined) {
      const route: Route = {
        path: node.path,
        head: `{"path":${JSON.stringify(node.path)}`,
        node,
        base: 0,
        queuedSeq: node.seq,
        toldSeq: node.last === undefined ? node.seq : node.seq - 1,
      };
      this.#routes.set(node.path, route);
      if (node.last !== undefined) this.#push(route, node.seq, node.last);
    } else {
      known.node = node;
      known.base = known.queuedSeq;
    }
  }

  #push(route: Route, seq: number, event: EventBase): void {
    const bytes = bytesOf(route.node.type, event);
    if (this.#bytes + bytes > QUEUED_BYTES_MAX) this.#shed(QUEUED_BYTES_MAX / 2);
    route.queuedSeq = seq;
    this.#queue.push({ route, type: route.node.type, seq, event, bytes });
    this.#bytes += bytes;
    if (this.#isReady) return;
    this.#isReady = true;
    this.#owner.ready();
  }

  /** Everything of the path up to that number was told or is lost. */
  #lag(route: Route, seq: number): string {
    const lagged = seq - route.toldSeq;
    route.toldSeq = seq;
    return `${route.head},"lagged":${lagged}}`;
  }

  /** Keeps the newest of each path as far as half a queue holds them, and of what is not conflated the newest that fit in so many bytes. */
  #shed(bytesMax: number): void {
    const seen = new Set<Route>();
    const kept: Entry[] = [];
    let bytes = 0;
    let isFull = false;
    for (let i = this.#queue.length - 1; i >= this.#from; i--) {
      const entry = this.#queue[i]!;
      const isNewest = !seen.has(entry.route);
      seen.add(entry.route);
      isFull ||= bytes + entry.bytes > bytesMax;
      const isKept = isNewest ? bytes + entry.bytes <= QUEUED_BYTES_MAX / 2 : !isFull && entry.type.name !== CONFLATED;
      if (!isKept) {
        this.#owed.add(entry.route);
        continue;
      }
      kept.push(entry);
      bytes += entry.bytes;
    }
    this.#owner.lost(this.#queue.length - this.#from - kept.length);
    this.#replaceQueue(kept.reverse());
  }

  #replaceQueue(queue: Entry[]): void {
    this.#queue = queue;
    this.#from = 0;
    this.#bytes = queue.reduce((sum, { bytes }) => sum + bytes, 0);
  }

  #textOf({ type, event }: Entry): string {
    let text = this.#texts.get(event);
    if (text === undefined) this.#texts.set(event, text = eventJson(type, event));
    return text;
  }
}

function bytesOf(type: EventType, event: EventBase): number {
  let bytes = EVENT_BYTES;
  for (const { kind, field } of type.columns) {
    if (kind === "levels") bytes += LEVEL_BYTES * (event as unknown as Record<string, readonly Level[]>)[field]!.length;
  }
  return bytes;
}
