import type { EventBase, EventType } from "../events/event_type.ts";

/**
 * What one turn of the event loop brought, for many paths of one type: three columns of equal length.
 * Chunks on every stream are batches: a hop then costs nanoseconds an event instead of hundreds.
 */
export interface Batch<T extends EventBase = EventBase> {
  readonly type: EventType<T>;
  readonly paths: readonly string[];
  /** Rises by one per path; what a slow subscriber lost is visible in it. */
  readonly seqs: readonly number[];
  readonly events: readonly T[];
}
