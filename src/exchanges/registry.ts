import { BINANCE_SOURCES } from "./binance/index.ts";
import type { Source } from "./source.ts";

/** Every source there is. A new venue adds one line. */
export const SOURCES: readonly Source[] = [...BINANCE_SOURCES];

export function sourceOf(id: string): Source | undefined {
  return SOURCES.find((source) => source.id === id);
}
