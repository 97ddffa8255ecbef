import { US_PER_MS } from "../../lib/time.ts";
import type { Listing, MarketView, RestRequest } from "../dialect.ts";
import type { TimeUnit } from "../source.ts";

const SYMBOL_CHARS = /^[^\s"\\<>&]{1,50}$/u; // the documented pattern, widened in 2025-12 when symbols became UTF-8

/** A request the venue refuses with its own code. */
export class BadRequest extends Error {
  readonly code: number;
  constructor(code: number, message: string) {
    super(message);
    this.code = code;
  }
}

/** The parameters of a request, each checked when it is read. */
export class Query {
  readonly timeUnit: TimeUnit;
  readonly #values: URLSearchParams;

  constructor(text: string, headers: RestRequest["headers"]) {
    this.#values = new URLSearchParams(text);
    this.timeUnit = headers["x-mbx-time-unit"]?.toUpperCase() === "MICROSECOND" ? "us" : "ms";
  }

  has(name: string): boolean {
    return this.#values.has(name);
  }

  integer<T extends number | undefined>(name: string, otherwise: T, min: number): number | T {
    const text = this.#values.get(name);
    if (text === null) return otherwise;
    if (!/^-?\d{1,20}$/.test(text)) {
      throw new BadRequest(-1100, `Illegal characters found in parameter '${name}'; legal range is '^[0-9]{1,20}$'.`);
    }
    if (Number(text) < min) throw new BadRequest(-1130, `Data sent for parameter '${name}' is not valid.`);
    return Number(text);
  }

  /** ms or µs, told apart by their size. */
  time(name: string): number | undefined {
    const value = this.integer(name, undefined, 0);
    return value === undefined || value >= 1e15 ? value : value * US_PER_MS;
  }

  choice(name: string, allowed: readonly string[]): string | undefined {
    const text = this.#values.get(name);
    if (text === null || allowed.includes(text)) return text ?? undefined;
    throw name === "symbolStatus"
      ? new BadRequest(-1122, "Invalid symbolStatus.")
      : new BadRequest(-1130, `Data sent for parameter '${name}' is not valid.`);
  }

  listing(market: MarketView): Listing {
    const symbol = this.#values.get("symbol");
    if (symbol === null || symbol === "") {
      throw new BadRequest(-1102, "Mandatory parameter 'symbol' was not sent, was empty/null, or malformed.");
    }
    return found(symbol, market);
  }

  /** The parameter `symbols`, a JSON list. */
  symbols(market: MarketView): Listing[] | undefined {
    const text = this.#values.get("symbols");
    if (text === null) return undefined;
    let names: unknown;
    try {
      names = JSON.parse(text);
    } catch {
      names = undefined;
    }
    if (!Array.isArray(names) || !names.every((name) => typeof name === "string")) {
      throw new BadRequest(-1100, "Illegal characters found in parameter 'symbols'.");
    }
    if (new Set(names).size !== names.length) throw new BadRequest(-1151, "Symbol is present multiple times in the list.");
    return names.map((name) => found(name, market));
  }
}

function found(symbol: string, market: MarketView): Listing {
  if (!SYMBOL_CHARS.test(symbol)) throw new BadRequest(-1100, "Illegal characters found in parameter 'symbol'.");
  const listing = market.listings().find((each) => each.symbol === symbol);
  if (listing === undefined) throw new BadRequest(-1121, "Invalid symbol.");
  return listing;
}
