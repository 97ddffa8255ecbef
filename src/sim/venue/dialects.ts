import { binanceSpotDialect } from "../../exchanges/binance/dialect.ts";
import type { Dialect } from "../../exchanges/dialect.ts";
import { ConfigError } from "../../lib/errors.ts";

const DIALECTS: ReadonlyMap<string, () => Dialect> = new Map([["binance", () => binanceSpotDialect()]]);

export function dialectOf(source: string): Dialect {
  const make = DIALECTS.get(source);
  if (make === undefined) {
    throw new ConfigError(
      "--source",
      `--source: ${JSON.stringify(source)} cannot be simulated; these can: ${[...DIALECTS.keys()].join(", ")}.`,
    );
  }
  return make();
}
