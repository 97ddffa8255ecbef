import type { EventBase, EventType } from "./event_type.ts";
import { marketColumns } from "./market_columns.ts";

/** A moment in the life of the recorder or of one of its sockets. Rows of `_all`. */
export interface SessionEvent extends EventBase {
  readonly event: SessionMoment;
  /** The socket's worker, where it is about one. */
  readonly worker: string | undefined;
  readonly detail: string | undefined;
  /** Status of a refused handshake or code of a close, where there was one; µs that the venue's clock is ahead, of a `clock_offset`. */
  readonly code: number | undefined;
}

export type SessionMoment =
  | "start"
  | "stop"
  | "takeover"
  | "connect"
  | "open"
  | "close"
  | "stall"
  | "rotate"
  | "shutdown_notice"
  | "refused"
  | "clock_step"
  | "clock_offset";

export const session: EventType<SessionEvent> = {
  name: "session",
  version: 1,
  doc: "The life of the recorder and of its sockets.",
  columns: marketColumns<SessionEvent>([
    {
      field: "event",
      kind: "string",
      isNullable: false,
      encoding: "dictionary",
      doc:
        "`start`, `stop`, `takeover`, `connect`, `open`, `close`, `stall`, `rotate`, `shutdown_notice`, `refused`, `clock_step`, `clock_offset`",
    },
    { field: "worker", kind: "string", isNullable: true, encoding: "dictionary", doc: "the socket, where it is about one" },
    { field: "detail", kind: "string", isNullable: true, encoding: "dictionary", doc: "why, for a person" },
    {
      field: "code",
      kind: "int64",
      isNullable: true,
      encoding: "delta",
      doc: "status of a refused handshake, code of a close, or µs the venue's clock is ahead of ours",
    },
  ]),
  sequenceKey: () => undefined,
};
