/** How long a connection lives, what stops working on the way, and how it ends. */
export interface Life {
  readonly ageMs: number;
  /** The shutdown notice comes this long before the end; 0 = it ends without a word. */
  readonly noticeMs: number;
  readonly end: Ending;
  readonly decay?: { readonly afterMs: number; readonly to: Decay };
}

/** 1005 is a close frame without a code; 1006 one that no peer may send. */
export type Ending = { readonly by: "close"; readonly code: number; readonly reason: string } | { readonly by: "reset" };

/**
 * `mute`: subscriptions are acknowledged and pings answered, but no more data comes.
 * `dead`: the socket stays, and nothing goes in or out any more.
 * `rude`: all is well, but a close frame gets no answer.
 * None of them recovers: a connection that brings data again has brought all of it.
 */
export type Decay = "mute" | "dead" | "rude";

export const GOING_AWAY = { by: "close", code: 1001, reason: "Going away" } as const satisfies Ending;
