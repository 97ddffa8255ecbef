import type { ConfigFlags } from "../app/config.ts";

/** The flags of CONFIG_ARGS, or of the part of them a command has. */
interface Given {
  readonly config?: string | undefined;
  readonly source?: string | undefined;
  readonly symbols?: string | undefined;
  readonly exclude?: string | undefined;
  readonly types?: string | undefined;
  readonly "data-path"?: string | undefined;
  readonly "flush-interval"?: string | undefined;
  readonly listen?: string | undefined;
}

export function configFlags(args: Given): ConfigFlags {
  return {
    config: args.config,
    source: args.source,
    symbols: args.symbols,
    exclude: args.exclude,
    types: args.types,
    dataPath: args["data-path"],
    flushInterval: args["flush-interval"],
    listen: args.listen,
  };
}
