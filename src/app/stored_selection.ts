import { isSelected } from "../network/binding.ts";

/** Which of the streams under a data path a command is about. */
export interface StoredSelection {
  /** Absent: all, here and for the types. */
  readonly sources?: readonly string[];
  readonly types?: readonly string[];
  readonly symbols: readonly string[];
  readonly exclude: readonly string[];
}

/** `symbol` as the venue spells it. */
export function isAbout(selection: StoredSelection, source: string, type: string, symbol: string): boolean {
  const { sources, types } = selection;
  return (sources?.includes(source) ?? true) && (types?.includes(type) ?? true) && isSelected(symbol.toUpperCase(), selection);
}
