/** What crosses between a thread and its supervisor: our messages wrapped, so that a heartbeat is never taken for one. */
export type FromThread =
  | { readonly kind: "beat" }
  | { readonly kind: "fatal"; readonly reason: string }
  | { readonly kind: "message"; readonly message: unknown };

export type ToThread =
  | { readonly kind: "hello"; readonly beatEveryMs: number }
  | { readonly kind: "message"; readonly message: unknown };

/** Beat and deadline. A thread must not run longer than the deadline without returning to its event loop. */
export interface Heartbeat {
  readonly beatEveryMs: number;
  readonly deadAfterMs: number;
}

export const HEARTBEAT: Heartbeat = { beatEveryMs: 2_000, deadAfterMs: 6_000 };
