import type { ArgsDef, ParsedArgs } from "citty";
import type { Runtime } from "../runtime/runtime.ts";
import type { Output } from "./output.ts";

/** One command a file. `run` gives the exit code; what goes wrong is thrown and read by `failure.ts`. */
export interface Command<T extends ArgsDef = ArgsDef> {
  readonly summary: string;
  readonly args: T;
  /** Shown by --help; each is a whole line a user can paste. */
  readonly examples: readonly string[];
  run(context: CommandContext<T>): Promise<number>;
}

export interface CommandContext<T extends ArgsDef = ArgsDef> {
  readonly runtime: Runtime;
  readonly output: Output;
  readonly args: ParsedArgs<T>;
  readonly version: string;
}

/** Ties the types of `args` to `run`; the result is plain again, so that one table holds all commands. */
export function command<const T extends ArgsDef>(definition: Command<T>): Command {
  return definition as unknown as Command;
}

/** Every command has these. */
export const COMMON_ARGS = {
  json: { type: "boolean", description: "For machines: JSON, a line each, instead of text" },
  "log-level": {
    type: "enum",
    options: ["error", "warn", "info", "debug"],
    default: "warn",
    description: "What is logged to standard error; debug adds stacks",
  },
} as const satisfies ArgsDef;

/** What decides the configuration, beside the environment and the file. */
export const CONFIG_ARGS = {
  source: { type: "string", valueHint: "a,b", description: "Sources, by id" },
  symbols: { type: "string", valueHint: "'BTCUSDT,ETH*'", description: "Symbols to take; * stands for any characters" },
  exclude: { type: "string", valueHint: "PATTERNS", description: "Symbols to leave out" },
  types: { type: "string", valueHint: "bbo,trade,depth", description: "Data types" },
  "data-path": { type: "string", valueHint: "FOLDER", description: "Where the Parquet files go" },
  config: { type: "string", valueHint: "FILE", description: "TOML file, instead of ./argus.toml" },
  "flush-interval": { type: "string", valueHint: "1m", description: "How often rows become files" },
  listen: { type: "string", valueHint: "HOST:PORT", description: 'Address of the gateway, or "off"' },
} as const satisfies ArgsDef;
