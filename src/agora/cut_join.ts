import type { EventBase } from "../events/event_type.ts";
import type { Feed, Join, JoinOwner } from "./join.ts";

/** For streams the venue does not number: the path is cut over at the newest feed's first event. At most one update is lost or doubled. */
export class CutJoin<T extends EventBase> implements Join<T> {
  readonly #owner: JoinOwner<T>;
  readonly isHolding = false;

  constructor(owner: JoinOwner<T>) {
    this.#owner = owner;
  }

  accept(feed: Feed<T>, event: T): void {
    feed.isJoined = true;
    const newest = this.#owner.feeds().findLast((each) => each.isJoined);
    if (newest === feed) this.#owner.publish(event);
    else this.#owner.duplicate(event);
  }

  ended(): void {}

  held(): readonly (readonly T[])[] {
    return [];
  }

  reachOfBehind(): number {
    return -1;
  }

  mark(): number {
    return 0;
  }

  release(): void {}
}
