import type { EventBase, EventType } from "../../src/events/event_type.ts";
import type { Codec } from "../../src/exchanges/codec.ts";

/** What a frame of the bench says. */
export interface Decoded {
  readonly type: EventType;
  readonly event: EventBase;
}

export function decode(codec: Codec, text: string, recvTime: number): Decoded {
  const decoded = codec.decode(text, recvTime);
  if (decoded.kind !== "events") throw new Error(`the bench made a frame that does not decode: ${text}`);
  return { type: decoded.channel.event, event: decoded.events[0]! };
}
