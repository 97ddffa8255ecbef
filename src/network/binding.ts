import type { Channel, Instrument, Source } from "../exchanges/source.ts";
import { encodeSymbol, SYMBOL_BYTES_MAX } from "../lib/symbol_name.ts";
import { matchGlob } from "../lib/glob.ts";

/** One stream of the venue and the agora path it feeds. */
export interface Binding {
  readonly stream: string;
  // deno-lint-ignore no-explicit-any -- channels of all event types; the registry is the documented exception
  readonly channel: Channel<any, any>;
  /** The venue's own spelling. */
  readonly symbol: string;
  /** `{source}/{data_type}/{symbol}`, encoded: agora path and folder alike. */
  readonly path: string;
}

export interface Selection {
  readonly symbols: readonly string[];
  readonly exclude: readonly string[];
  readonly types: readonly string[];
}

/** Every stream the user asked for that the venue has now, by path. A name that cannot be a folder, or is one already, is told and left out. */
export function bindingsOf(
  source: Source,
  instruments: readonly Instrument[],
  selection: Selection,
  refused: (symbol: string, why: string) => void,
): Map<string, Binding> {
  const bindings = new Map<string, Binding>();
  for (const instrument of instruments) {
    if (!instrument.isLive || !isSelected(instrument.symbol, selection)) continue;
    const component = encodeSymbol(instrument.symbol);
    if (component === "" || component.length > SYMBOL_BYTES_MAX) {
      refused(instrument.symbol, `its name takes ${component.length} bytes as a folder, allowed are 1 to ${SYMBOL_BYTES_MAX}`);
      continue;
    }
    for (const channel of source.channels) {
      const stream = selection.types.includes(channel.event.name) ? channel.stream(instrument) : undefined;
      if (stream === undefined) continue;
      const path = `${source.id}/${channel.event.name}/${component}`;
      const twin = bindings.get(path);
      if (twin !== undefined && twin.symbol !== instrument.symbol) {
        refused(instrument.symbol, `its folder ${component} already belongs to ${twin.symbol}`);
        break;
      }
      bindings.set(path, { stream, channel, symbol: instrument.symbol, path });
    }
  }
  return bindings;
}

export function isSelected(symbol: string, { symbols, exclude }: Pick<Selection, "symbols" | "exclude">): boolean {
  return symbols.some((pattern) => matchGlob(pattern.toUpperCase(), symbol)) &&
    !exclude.some((pattern) => matchGlob(pattern.toUpperCase(), symbol));
}
