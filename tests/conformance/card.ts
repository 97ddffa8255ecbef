import type { Subject } from "./subject.ts";

/** One numbered promise every source keeps. A card is tested for each source in the registry. */
export interface Card {
  readonly id: `SRC-${string}`;
  readonly promise: string;
  /** Why this card says nothing about a source; undefined where it does. */
  skip(subject: Subject): string | undefined;
  check(subject: Subject): void | Promise<void>;
}
