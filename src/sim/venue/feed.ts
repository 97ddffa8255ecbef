import type { MarketView, Topic } from "../../exchanges/dialect.ts";
import type { TimeUnit } from "../../exchanges/source.ts";

/** Where a venue's events come from: a made-up market, or a recording. It only works for streams that someone watches. */
export interface Feed extends MarketView {
  start(audience: Audience): void;
  /** The first connection of a lane watches a stream, or the last one has left. */
  watched(stream: string, lane: number): void;
  unwatched(stream: string, lane: number): void;
  /** No more events; everything begun is sent. */
  quiesce(): void;
  stop(): void;
}

/** A venue cuts depth into windows for each connection by itself. Ours has four ways to cut, and a connection has one of them. */
export const LANES = 4;

export interface Audience {
  isWatched(stream: string, lane?: number): boolean;
  /** To everyone on that stream, or to those of one lane. */
  publish(frame: Outgoing, lane?: number): void;
  /** The most that waits for any one connection. */
  backlogBytes(): number;
}

export interface Outgoing {
  readonly stream: string;
  /** Absent for a recorded stream the dialect knows nothing about. */
  readonly topic: Topic | undefined;
  payload(unit: TimeUnit): string;
}
