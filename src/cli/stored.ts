import { loadConfig } from "../app/config.ts";
import type { StoredSelection } from "../app/stored_selection.ts";
import { ConfigError } from "../lib/errors.ts";
import type { Runtime } from "../runtime/runtime.ts";
import { CONFIG_ARGS } from "./command.ts";
import { configFlags } from "./config_flags.ts";
import { wordsOf } from "./flags.ts";

/** What names a folder of recorded days. */
export const DATA_ARGS = { "data-path": CONFIG_ARGS["data-path"], config: CONFIG_ARGS.config };

/** And which of its streams. */
export const STORED_ARGS = {
  source: CONFIG_ARGS.source,
  symbols: CONFIG_ARGS.symbols,
  exclude: CONFIG_ARGS.exclude,
  types: CONFIG_ARGS.types,
  ...DATA_ARGS,
};

type Given<Args> = { readonly [name in keyof Args]?: string | undefined };

/** Throws ConfigError where there is none; `toDo` says what it was wanted for. */
export function dataFolder(runtime: Runtime, args: Given<typeof DATA_ARGS>, toDo: string): string {
  const { dataPath } = loadConfig(runtime, configFlags({ config: args.config, "data-path": args["data-path"] })).config;
  if (!runtime.disk.exists(dataPath)) throw new ConfigError("--data-path", `Cannot ${toDo} ${dataPath}: no such folder.`);
  return dataPath;
}

export function storedSelection({ source, symbols, exclude, types }: Given<typeof STORED_ARGS>): StoredSelection {
  return {
    symbols: symbols === undefined ? ["*"] : wordsOf(symbols),
    exclude: wordsOf(exclude ?? ""),
    ...(source === undefined ? {} : { sources: wordsOf(source) }),
    ...(types === undefined ? {} : { types: wordsOf(types) }),
  };
}

/** Throws ConfigError for what is no date. */
export function utcDay(flag: string, text: string): string {
  if (/^\d{4}-\d{2}-\d{2}$/.test(text)) return text;
  throw new ConfigError(flag, `${flag}: found ${JSON.stringify(text)}, expected a UTC day such as 2026-11-23.`);
}
