import { partsOf } from "../lib/stream_path.ts";
import { bbo } from "./bbo.ts";
import { depth } from "./depth.ts";
import type { EventType } from "./event_type.ts";
import { gap } from "./gap.ts";
import { instrument } from "./instrument.ts";
import { session } from "./session.ts";
import { trade } from "./trade.ts";

/** Every type there is. Erased to the common base: who needs the fields of one imports that one. */
export const EVENT_TYPES: readonly EventType[] = [
  bbo as unknown as EventType,
  trade as unknown as EventType,
  depth as unknown as EventType,
  gap as unknown as EventType,
  session as unknown as EventType,
  instrument as unknown as EventType,
];

/** What the recorder says itself, whatever is subscribed: what is missing, how it fared, what the venue lists. */
export const OWN_TYPES: readonly string[] = [gap.name, session.name, instrument.name];

export function eventTypeOf(name: string): EventType | undefined {
  return EVENT_TYPES.find((type) => type.name === name);
}

/** Of the stream with that path. Throws RangeError when it is of no type there is. */
export function eventTypeOfPath(path: string): EventType {
  const type = eventTypeOf(partsOf(path).type);
  if (type === undefined) throw new RangeError(`${path} is of no type there is`);
  return type;
}
