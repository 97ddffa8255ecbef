import type { Instrument } from "../../exchanges/source.ts";
import { type Binding, bindingsOf } from "../../network/binding.ts";
import { bad, type Finding, good, poor } from "./check.ts";
import type { Visit } from "./visit.ts";

/** What the venue lists, and which streams of it are asked for. Rejects with RestError. */
export async function universe(visit: Visit): Promise<{ readonly finding: Finding; readonly bindings: readonly Binding[] }> {
  const { source, config, rest } = visit;
  const refused: string[] = [];
  const refuse = (symbol: string, why: string) => void refused.push(`${symbol} (${why})`);
  const instruments = await source.universe(rest, refuse);
  const bindings = [...bindingsOf(source, instruments, config, refuse).values()];
  return { finding: judged(source.id, instruments, bindings, refused), bindings };
}

function judged(
  id: string,
  instruments: readonly Instrument[],
  bindings: readonly Binding[],
  refused: readonly string[],
): Finding {
  const check = `${id} symbols`;
  const live = instruments.filter(({ isLive }) => isLive).length;
  const symbols = new Set(bindings.map(({ symbol }) => symbol)).size;
  const says = `${live} of ${instruments.length} listed symbols trade; ${symbols} are asked for, ${bindings.length} streams`;
  if (bindings.length === 0) {
    return bad(check, says, `Nothing would be recorded: see sources.${id}.symbols, exclude and types (--symbols, --exclude, --types).`);
  }
  if (refused.length === 0) return good(check, says);
  return poor(check, `${says}; ${refused.length} cannot be recorded: ${refused[0]}`, "Everything else is. --exclude silences it.");
}
