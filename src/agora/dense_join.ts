import type { EventBase, EventType, SequenceKey } from "../events/event_type.ts";
import { type Feed, HELD_EVENTS_MAX, type Join, type JoinOwner } from "./join.ts";

export type ContinuityRule = (previous: SequenceKey, next: SequenceKey) => "next" | "duplicate" | "gap";

/**
 * For streams whose venue says what follows what (trade ids, depth windows). An event that follows goes out at once; one that adds
 * nothing is dropped; one behind a hole waits until another feed fills it, or until no feed can any more. Depth windows are cut
 * differently on each socket, so this is cover of an interval, never equality of windows.
 */
export class DenseJoin<T extends EventBase> implements Join<T> {
  readonly #type: EventType<T>;
  readonly #rule: ContinuityRule;
  readonly #owner: JoinOwner<T>;
  #position: SequenceKey | undefined;
  /** Waiting behind a hole, by first sequence number; `order` is that of arrival. */
  readonly #held: { readonly key: SequenceKey; readonly event: T; readonly order: number }[] = [];
  #heldCount = 0;

  constructor(type: EventType<T>, rule: ContinuityRule, position: SequenceKey | undefined, owner: JoinOwner<T>) {
    this.#type = type;
    this.#rule = rule;
    this.#position = position;
    this.#owner = owner;
  }

  get isHolding(): boolean {
    return this.#held.length > 0;
  }

  accept(feed: Feed<T>, event: T): void {
    const key = this.#type.sequenceKey(event)!;
    feed.reach = Math.max(feed.reach, key[1]);
    if (this.#held.length === 0 && this.#follows(key)) this.#publish(key, event);
    else if (this.#position !== undefined && this.#rule(this.#position, key) === "duplicate") this.#owner.duplicate(event);
    else {
      this.#hold(key, event);
      this.#settle();
    }
    this.#prove();
  }

  ended(): void {
    this.#settle();
    this.#prove();
  }

  mark(): number {
    return this.#heldCount;
  }

  release(mark: number): void {
    while (this.#held.length > 0 && this.#held[0]!.order <= mark) {
      this.#take();
      this.#settle();
    }
    this.#prove();
  }

  held(): readonly (readonly T[])[] {
    return this.#held.length === 0 ? [] : [this.#held.map(({ event }) => event)];
  }

  reachOfBehind(): number {
    const first = this.#held[0]?.key[0] ?? -Infinity;
    return Math.max(-1, ...this.#owner.feeds().filter((feed) => !feed.hasEnded && feed.reach < first).map(({ reach }) => reach));
  }

  /** Goes out without looking at other feeds. The very first event does only when no other feed could bring an older one. */
  #follows(key: SequenceKey): boolean {
    if (this.#position === undefined) return this.#owner.feeds().filter((feed) => !feed.hasEnded).length === 1;
    return this.#rule(this.#position, key) === "next";
  }

  #hold(key: SequenceKey, event: T): void {
    let at = this.#held.length;
    while (at > 0 && isBefore(key, this.#held[at - 1]!.key)) at--;
    this.#held.splice(at, 0, { key, event, order: ++this.#heldCount });
    if (this.#held.length > HELD_EVENTS_MAX) this.#take();
  }

  /** Publishes from the front as long as the front follows, adds nothing, or can no longer be preceded. */
  #settle(): void {
    while (this.#held.length > 0) {
      const { key } = this.#held[0]!;
      const follows = this.#position === undefined ? "gap" : this.#rule(this.#position, key);
      // A feed is in order: once it reached this event it will not bring an older one.
      if (follows === "gap" && this.#owner.feeds().some((feed) => !feed.hasEnded && feed.reach < key[0])) return;
      this.#take();
    }
  }

  #take(): void {
    const { key, event } = this.#held.shift()!;
    if (this.#position === undefined) this.#publish(key, event);
    else {
      const follows = this.#rule(this.#position, key);
      if (follows === "duplicate") return this.#owner.duplicate(event);
      if (follows === "gap") this.#owner.gap(event, "sequence");
      this.#publish(key, event);
    }
  }

  #publish(key: SequenceKey, event: T): void {
    this.#position = key;
    this.#owner.publish(event);
  }

  /** A feed is joined when the path has come to where the feed began: all that follows is in it. */
  #prove(): void {
    if (this.#position === undefined) return;
    const feeds = this.#owner.feeds();
    for (let i = 0; i < feeds.length; i++) {
      const feed = feeds[i]!;
      if (!feed.isJoined && feed.events > 0 && !this.#isHeldFrom(feed)) feed.isJoined = true;
    }
  }

  #isHeldFrom(feed: Feed<T>): boolean {
    return this.#held.length > 0 && feed.reach >= this.#held[0]!.key[0];
  }
}

function isBefore(a: SequenceKey, b: SequenceKey): boolean {
  return a[0] !== b[0] ? a[0] < b[0] : a[1] < b[1];
}
