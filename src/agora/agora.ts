/** socket ▸ worker ▸ codec ▸ router ▸ [path] ▸ buffer ▸ chunk ▸ day file.  In: events of a path. Out: batches to whoever subscribed. */
import { assert } from "../lib/assert.ts";
import type { EventBase, EventType } from "../events/event_type.ts";
import type { Timers } from "../runtime/runtime.ts";
import { compilePattern, type Pattern } from "./pattern.ts";
import { PathNode, type Tap } from "./path_node.ts";
import { type PathOwner, Publisher } from "./publisher.ts";
import { type SubscribeOptions, Subscription } from "./subscription.ts";
import { Watch } from "./watch.ts";

/**
 * Path-based publish and subscribe inside the process. A path is a name (`binance/bbo/BTCUSDT`); a pipe exists only where somebody
 * subscribed. A subscription outlives the paths it matches: symbols come and go, it stays.
 */
export class Agora {
  readonly #timers: Timers;
  readonly #nodes = new Map<string, PathNode>();
  readonly #subscriptions = new Map<Subscription, Pattern>();
  readonly #watches = new Map<Watch, Pattern>();
  readonly #followers = new Map<(node: PathNode) => void, Pattern>();
  /** One for all publishers: there are tens of thousands. */
  readonly #owner: PathOwner = { close: (node, isBroken) => this.#close(node, isBroken) };
  readonly #touched: Subscription[] = [];
  #isFlushing = false;

  constructor(timers: Timers) {
    this.#timers = timers;
  }

  /** Begins a path. The caller owns the publisher and closes it; two publishers on one path are our bug. */
  open<T extends EventBase>(path: string, type: EventType<T>, initialValue?: T): Publisher<T> {
    assert(!this.#nodes.has(path), `path ${path} is already published`);
    const node = new PathNode(path, type as unknown as EventType, initialValue);
    this.#nodes.set(path, node);
    for (const [subscription, pattern] of this.#subscriptions) if (pattern.matches(path)) node.attach(subscription);
    for (const [watch, pattern] of this.#watches) if (pattern.matches(path)) watch.tell({ path, change: "opened" });
    for (const [opened, pattern] of this.#followers) if (pattern.matches(path)) opened(node);
    return new Publisher<T>(node, this.#owner);
  }

  /**
   * The current value of each matching path, and a stream of everything published after it: no overlap, no hole.
   * A pattern's segments may hold `*`; a last segment `**` takes any rest.
   */
  subscribe<T extends EventBase>(pattern: string, options: SubscribeOptions): Subscription<T> {
    const compiled = compilePattern(pattern);
    const current = new Map<string, T>();
    const subscription = new Subscription<T>(current, options, {
      touched: (self) => this.#touch(self as unknown as Subscription),
      closed: (self) => this.#unsubscribe(self as unknown as Subscription),
    });
    const erased = subscription as unknown as Subscription;
    this.#subscriptions.set(erased, compiled);
    for (const node of this.#nodes.values()) {
      if (!compiled.matches(node.path)) continue;
      node.attach(erased);
      if (node.last !== undefined) current.set(node.path, node.last as T);
    }
    return subscription;
  }

  /** A synchronous listener on one open path; the router's way in. Returns what it detaches from. */
  tap(path: string, tap: Tap): PathNode {
    const node = this.#nodes.get(path);
    assert(node !== undefined, `nobody publishes ${path}`);
    node.attach(tap);
    return node;
  }

  /**
   * Shows every matching path that is open, and each that opens, as it is: for who looks at many paths and takes in few. `opened` must not
   * throw; what it attaches it detaches itself. Returns the end of it.
   */
  follow(pattern: string, opened: (node: PathNode) => void): () => void {
    const compiled = compilePattern(pattern);
    const follower = (node: PathNode) => opened(node);
    this.#followers.set(follower, compiled);
    for (const node of this.#nodes.values()) if (compiled.matches(node.path)) opened(node);
    return () => this.#followers.delete(follower);
  }

  /** Matching paths now and every coming and going after. */
  watch(pattern: string): Watch {
    const compiled = compilePattern(pattern);
    const watch = new Watch(this.paths(pattern), (self) => this.#watches.delete(self));
    this.#watches.set(watch, compiled);
    return watch;
  }

  /** The current value of a path: its newest event, or what it was opened with. */
  last(path: string): EventBase | undefined {
    return this.#nodes.get(path)?.last;
  }

  paths(pattern = "**"): string[] {
    const compiled = compilePattern(pattern);
    return [...this.#nodes.keys()].filter((path) => compiled.matches(path)).sort();
  }

  #close(node: PathNode, isBroken: boolean): void {
    this.#nodes.delete(node.path);
    node.close(isBroken);
    for (const [watch, pattern] of this.#watches) if (pattern.matches(node.path)) watch.tell({ path: node.path, change: "closed" });
  }

  #unsubscribe(subscription: Subscription): void {
    this.#subscriptions.delete(subscription);
    for (const node of this.#nodes.values()) node.detach(subscription);
  }

  /** Batches end with the turn of the event loop: one chunk per subscriber, whatever the turn brought. */
  #touch(subscription: Subscription): void {
    this.#touched.push(subscription);
    if (this.#isFlushing) return;
    this.#isFlushing = true;
    this.#timers.turn(() => {
      this.#isFlushing = false;
      for (const touched of this.#touched.splice(0)) touched.flush();
    });
  }
}
