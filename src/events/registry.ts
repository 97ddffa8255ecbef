import { bbo } from "./bbo.ts";
import { depth } from "./depth.ts";
import type { EventType } from "./event_type.ts";
import { trade } from "./trade.ts";

/** Every type there is. Erased to the common base: who needs the fields of one imports that one. */
export const EVENT_TYPES: readonly EventType[] = [
  bbo as unknown as EventType,
  trade as unknown as EventType,
  depth as unknown as EventType,
];

export function eventTypeOf(name: string): EventType | undefined {
  return EVENT_TYPES.find((type) => type.name === name);
}
