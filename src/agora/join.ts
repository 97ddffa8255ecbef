import type { EventBase } from "../events/event_type.ts";

/**
 * How the events of several feeds (sockets that carry the same stream) become one path: every event once and in order,
 * as long as one of them carried it. One strategy for each kind of key; the router owns feeds, time and the outcome.
 */
export interface Join<T extends EventBase> {
  accept(feed: Feed<T>, event: T): void;
  /** A feed has just been marked as ended: it will bring nothing more. */
  ended(): void;
  /** Names this moment, for `release`. */
  mark(): number;
  /** What is held back since before that moment has waited long enough: it goes out now, holes and all, as far as nothing younger precedes it. */
  release(mark: number): void;
  /** How far the feeds have come that may still bring what is held back for: while this rises, they will. −1 where none may. */
  reachOfBehind(): number;
  /** Something is held back, so `release` must be called in time. */
  readonly isHolding: boolean;
  /** What is held back now, in order, by the feed that has to prove itself; one list where no feed has to. */
  held(): readonly (readonly T[])[];
}

/** One temporary path that feeds a persistent one. */
export interface Feed<T extends EventBase> {
  readonly path: string;
  /** Last sequence number it brought; −1 before its first event. */
  reach: number;
  /** Everything from here on will come through it: the join is proven. */
  isJoined: boolean;
  /** Events that wait for the proof (keys that only rise), in order. */
  waiting: T[];
  /** Events it brought, published or not. */
  events: number;
  /** Nobody brought anything while it was subscribed beside the others, so it follows them without a proof. */
  followsQuietly: boolean;
  /** The events around its quiet join, where nothing but the silence of all feeds says that none lies between. */
  quietEdge: { readonly after: T; readonly before: T } | undefined;
  /** Its path was closed. It stays listed while something of it still waits. */
  hasEnded: boolean;
}

/** `sequence`: the venue's rule proves it. `disconnect`: no feed carried the path for a while, and keys that only rise say no more. */
export type GapReason = "sequence" | "disconnect";

/** What a Join needs from its router. */
export interface JoinOwner<T extends EventBase> {
  feeds(): readonly Feed<T>[];
  publish(event: T): void;
  /** An event the venue sent behind a newer one on the same connection: heard by everyone, and the newer one stays the current value. */
  late(event: T): void;
  /** An event that adds nothing to what is published. */
  duplicate(event: T): void;
  /** `first` of a feed that joined quietly follows what is published. */
  followed(feed: Feed<T>, first: T): void;
  /** Something is missing, or may be, before `next`, which is published right after. */
  gap(next: T, reason: GapReason): void;
}

/** Events held back at one path while a hole may still be filled. Beyond it the oldest hole is given up. */
export const HELD_EVENTS_MAX = 16_384; // 1.6 s at 10,000 events/s on one path, the measured peak of a whole venue
