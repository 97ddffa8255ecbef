import { RecentNumbers } from "../lib/recent_numbers.ts";
import type { EventBase, EventType } from "../events/event_type.ts";
import type { Feed, Join, JoinOwner } from "./join.ts";
import { HELD_EVENTS_MAX } from "./join.ts";

/**
 * For streams whose keys only rise (best bid and offer): a hole between two keys proves nothing. A socket loses nothing in its middle,
 * so each feed is complete from its first event. A new feed's events wait until a joined feed has come to where the new one began; from
 * then on both are complete, the leader is published and the other one's copies are dropped.
 */
export class RisingJoin<T extends EventBase> implements Join<T> {
  readonly #type: EventType<T>;
  readonly #owner: JoinOwner<T>;
  readonly #recent = new RecentNumbers();
  #position: number;
  /** Feeds that began to wait, in the order they did. */
  readonly #orders = new WeakMap<Feed<T>, number>();
  #waitCount = 0;
  /** Feeds that wait now: none, nearly always. */
  #feedsWaiting = 0;

  constructor(type: EventType<T>, position: number | undefined, owner: JoinOwner<T>) {
    this.#type = type;
    this.#position = position ?? -1;
    this.#owner = owner;
  }

  get isHolding(): boolean {
    return this.#feedsWaiting > 0;
  }

  accept(feed: Feed<T>, event: T): void {
    const key = this.#key(event);
    const isBackwards = key < feed.reach;
    if (!isBackwards) feed.reach = key;
    if (feed.isJoined) this.#publish(event, key, isBackwards);
    else this.#wait(feed, event);
    if (this.#feedsWaiting > 0) this.#prove();
  }

  ended(): void {
    this.#prove();
  }

  mark(): number {
    return this.#waitCount;
  }

  release(mark: number): void {
    for (const feed of this.#byFirst()) {
      if (this.#orders.get(feed)! > mark) return;
      this.#join(feed);
    }
  }

  held(): readonly (readonly T[])[] {
    return this.#byFirst().map(({ waiting }) => [...waiting]);
  }

  reachOfBehind(): number {
    const [first] = this.#byFirst();
    if (first === undefined) return -1;
    const from = this.#key(first.waiting[0]!);
    const behind = this.#owner.feeds().filter((feed) => feed.isJoined && !feed.hasEnded && feed.reach < from);
    return Math.max(-1, ...behind.map(({ reach }) => reach));
  }

  #wait(feed: Feed<T>, event: T): void {
    if (feed.waiting.length === 0) {
      this.#orders.set(feed, ++this.#waitCount);
      this.#feedsWaiting++;
    }
    feed.waiting.push(event);
    if (feed.waiting.length > HELD_EVENTS_MAX) this.#join(feed);
  }

  #prove(): void {
    for (const first of this.#byFirst()) {
      const from = this.#key(first.waiting[0]!);
      if (from > this.#position && this.#owner.feeds().some((feed) => mayPrecede(feed, first))) return;
      this.#join(first);
    }
  }

  #join(feed: Feed<T>): void {
    feed.isJoined = true;
    const first = feed.waiting[0];
    const isBehind = this.#position >= 0 && first !== undefined && this.#key(first) > this.#position;
    if (isBehind && feed.followsQuietly) this.#owner.followed(feed, first);
    else if (isBehind) this.#owner.gap(first, "disconnect");
    if (first !== undefined) this.#feedsWaiting--;
    for (const event of feed.waiting.splice(0)) this.#publish(event, this.#key(event), false);
  }

  /** Sockets bring what is published already, nearly always; one that goes backwards may bring what nobody did. */
  #publish(event: T, key: number, isBackwards: boolean): void {
    if (key > this.#position) {
      this.#position = key;
      this.#recent.add(key);
      return this.#owner.publish(event);
    }
    if (!isBackwards || !this.#recent.lacks(key)) return this.#owner.duplicate(event);
    this.#recent.add(key);
    this.#owner.late(event);
  }

  #byFirst(): Feed<T>[] {
    return this.#owner.feeds().filter((feed) => !feed.isJoined && feed.waiting.length > 0)
      .sort((a, b) => this.#key(a.waiting[0]!) - this.#key(b.waiting[0]!));
  }

  #key(event: T): number {
    return this.#type.sequenceKey(event)![1];
  }
}

/** Can a live feed still bring something older than what `first` waits with? A joined one can, and one that has not begun. */
function mayPrecede<T extends EventBase>(feed: Feed<T>, first: Feed<T>): boolean {
  return feed !== first && !feed.hasEnded && (feed.isJoined || feed.waiting.length === 0);
}
