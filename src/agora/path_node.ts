import type { EventBase, EventType } from "../events/event_type.ts";

/** Whoever hears each event of a path, synchronously and in order. Must not throw. */
export interface Tap {
  event(node: PathNode, event: EventBase): void;
  /** The path ended; nothing follows. `isBroken`: not on purpose, and its last events may never have come. */
  ended?(node: PathNode, isBroken: boolean): void;
}

/** One open path: its type, its newest event, its count, and who listens. */
export class PathNode {
  readonly path: string;
  readonly type: EventType;
  last: EventBase | undefined;
  /** Events published so far: the sequence number of `last`. */
  seq = 0;
  /** That of `last`: less than `seq` when what came after it was fetched later. */
  lastSeq = 0;
  isClosed = false;
  #taps: readonly Tap[] = [];

  constructor(path: string, type: EventType, initialValue: EventBase | undefined) {
    this.path = path;
    this.type = type;
    this.last = initialValue;
  }

  /** `isPast`: older than the newest, which stays the current value. */
  publish(event: EventBase, isPast: boolean): void {
    this.seq++;
    if (!isPast) {
      this.last = event;
      this.lastSeq = this.seq;
    }
    const taps = this.#taps; // the list is replaced, never changed, so a tap may attach or detach while it is called
    for (let i = 0; i < taps.length; i++) taps[i]!.event(this, event);
  }

  attach(tap: Tap): void {
    this.#taps = [...this.#taps, tap];
  }

  detach(tap: Tap): void {
    const at = this.#taps.indexOf(tap);
    if (at >= 0) this.#taps = this.#taps.toSpliced(at, 1);
  }

  close(isBroken: boolean): void {
    this.isClosed = true;
    const taps = this.#taps;
    this.#taps = [];
    for (const tap of taps) tap.ended?.(this, isBroken);
  }
}
