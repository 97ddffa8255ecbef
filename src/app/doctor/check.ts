import type { Runtime } from "../../runtime/runtime.ts";
import type { Config } from "../config.ts";

/** `good`: it will work. `poor`: it will, but look at it. `bad`: it will not; `todo` says what to do. */
export type Finding =
  & { readonly check: string; readonly says: string }
  & ({ readonly state: "good" } | { readonly state: "poor" | "bad"; readonly todo: string });

/** What every check may look at. */
export interface Surroundings {
  readonly runtime: Runtime;
  readonly config: Config;
  /** Who records into the data path right now, if anybody does: nothing of its is touched. */
  readonly holder: string | undefined;
  /** How long a stream may take to bring its first frame. */
  readonly waitMs: number;
  readonly signal: AbortSignal;
}

/** One question, asked once. Whatever goes wrong is a finding; it throws for our own bugs only. */
export type Check = (around: Surroundings) => Finding | Promise<Finding>;

export function good(check: string, says: string): Finding {
  return { check, state: "good", says };
}

export function poor(check: string, says: string, todo: string): Finding {
  return { check, state: "poor", says, todo };
}

export function bad(check: string, says: string, todo: string): Finding {
  return { check, state: "bad", says, todo };
}
