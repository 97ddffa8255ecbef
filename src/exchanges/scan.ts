/** The fast way through a frame whose exact text is known but for its numbers: no JSON.parse, no schema, no objects between. */
import { parseDecimal } from "../lib/decimal.ts";
import type { FrameInfo } from "./source.ts";
import type { Level } from "../events/event_type.ts";

/**
 * Reads the frames of one stream, from behind its name on. Undefined unless the frame is byte for byte what the venue sent so far: then the
 * channel's schema and `ofJson` decide. It may decline whatever it likes, but what it reads must be exactly what they would give.
 */
export type Scanner<T> = (scan: Scan, frame: FrameInfo) => T | undefined;

/** Where a venue's data frames name their stream: between `before`, with which they begin, and the next `until`. */
export interface StreamSpan {
  readonly before: string;
  readonly until: string;
}

const ZERO = 0x30;
const POINT = 0x2e;
const QUOTE = 0x22;
const COMMA = 0x2c;
const OPEN = 0x5b;
const CLOSE = 0x5d;
const DIGITS_EXACT = 15; // so many digits are exact as a DOUBLE, and give the venue's digits back (see lib/decimal.ts)
const GROUP_DIGITS = 9; // below 2^31
const POWERS_OF_TEN = Array.from({ length: DIGITS_EXACT + 1 }, (_, i) => 10 ** i);
const LOOP_MAX = 8; // characters; longer texts the runtime compares faster than a loop

/**
 * A place in a frame's text. The first thing that is not as expected fails the whole scan; what follows reads nothing and gives 0, so a
 * scanner asks once, at the end: `isWhole`.
 */
export class Scan {
  /** Decimals of this frame that DOUBLE cannot restore. */
  inexactDecimals = 0;
  #text = "";
  #at = 0;
  #hasFailed = false;

  begin(text: string, at: number): void {
    this.#text = text;
    this.#at = at;
    this.#hasFailed = false;
    this.inexactDecimals = 0;
  }

  /** The text was as expected, to its end. */
  isWhole(): boolean {
    return !this.#hasFailed && this.#at === this.#text.length;
  }

  literal(expected: string): void {
    if (!this.has(expected)) this.#hasFailed = true;
  }

  /** Is this what stands here? Passes it if so. */
  has(expected: string): boolean {
    const at = this.#at;
    if (expected.length > LOOP_MAX) {
      if (!this.#text.startsWith(expected, at)) return false;
    } else {
      for (let i = 0; i < expected.length; i++) if (this.#text.charCodeAt(at + i) !== expected.charCodeAt(i)) return false;
    }
    this.#at = at + expected.length;
    return true;
  }

  boolean(): boolean {
    if (this.has("true")) return true;
    this.literal("false");
    return false;
  }

  /** A JSON integer from 0 to 2^53 − 1. */
  integer(): number {
    const from = this.#at;
    const value = this.#digits(0);
    const length = this.#at - from;
    const hasLeadingZero = length > 1 && this.#text.charCodeAt(from) === ZERO; // no JSON
    if (length === 0 || hasLeadingZero || value > Number.MAX_SAFE_INTEGER) this.#hasFailed = true;
    return value;
  }

  /** A decimal without sign or exponent, as the schema's `decimal` reads it. */
  decimal(): number {
    const text = this.#text;
    const from = this.#at;
    let at = from;
    let whole = 0; // a small integer, which the engine multiplies several times faster than a double
    for (let digit = text.charCodeAt(at) - ZERO; digit >= 0 && digit <= 9; digit = text.charCodeAt(++at) - ZERO) {
      whole = (Math.imul(whole, 10) + digit) | 0;
    }
    const wholeDigits = at - from;
    if (text.charCodeAt(at) !== POINT) {
      this.#at = at;
      return wholeDigits > 0 && wholeDigits <= GROUP_DIGITS ? whole : this.#long(from);
    }
    const point = at++;
    let part = 0;
    for (let digit = text.charCodeAt(at) - ZERO; digit >= 0 && digit <= 9; digit = text.charCodeAt(++at) - ZERO) {
      part = (Math.imul(part, 10) + digit) | 0;
    }
    this.#at = at;
    let decimals = at - point - 1;
    // Sizes in the millions still have all the decimals of the venue, as zeros.
    for (; decimals <= GROUP_DIGITS && wholeDigits + decimals > DIGITS_EXACT && part % 10 === 0 && decimals > 0; decimals--) part /= 10;
    // A mantissa below 10^15 and a power of ten are exact, so that one division rounds once, to what Number() gives.
    if (wholeDigits > 0 && wholeDigits <= GROUP_DIGITS && decimals <= GROUP_DIGITS && wholeDigits + decimals <= DIGITS_EXACT) {
      const power = POWERS_OF_TEN[decimals]!;
      return (whole * power + part) / power;
    }
    return this.#long(from);
  }

  /**
   * `["price","size"],…` up to the closing bracket of the list. Most of what a venue sends are levels, so what stands between their
   * decimals is looked at here and not by `literal`, which takes longer than the decimals.
   */
  levels(): Level[] {
    const text = this.#text;
    const levels: Level[] = [];
    let at = this.#at;
    let next = text.charCodeAt(at) === CLOSE ? CLOSE : COMMA;
    if (next === CLOSE) at++;
    while (next === COMMA) {
      if (text.charCodeAt(at) !== OPEN || text.charCodeAt(at + 1) !== QUOTE) break;
      this.#at = at + 2;
      const price = this.decimal();
      at = this.#at;
      if (text.charCodeAt(at) !== QUOTE || text.charCodeAt(at + 1) !== COMMA || text.charCodeAt(at + 2) !== QUOTE) break;
      this.#at = at + 3;
      const size = this.decimal();
      at = this.#at;
      if (text.charCodeAt(at) !== QUOTE || text.charCodeAt(at + 1) !== CLOSE) break;
      levels.push([price, size]);
      next = text.charCodeAt(at + 2);
      at += 3;
    }
    if (next !== CLOSE) this.#hasFailed = true;
    this.#at = at;
    return levels;
  }

  /** Passes digits; the number that stands there with `value` before it. Rounded beyond 15 digits: the caller counts them. */
  #digits(value: number): number {
    const text = this.#text;
    let at = this.#at;
    // Nine digits at a time as a small integer, which the engine multiplies several times faster than a double.
    for (;;) {
      let group = 0;
      let length = 0;
      while (length < GROUP_DIGITS) {
        const digit = text.charCodeAt(at) - ZERO; // NaN behind the end
        if (!(digit >= 0 && digit <= 9)) break;
        group = (Math.imul(group, 10) + digit) | 0;
        length++;
        at++;
      }
      value = value * POWERS_OF_TEN[length]! + group;
      if (length < GROUP_DIGITS) break;
    }
    this.#at = at;
    return value;
  }

  /** The same text by the slow way, which also says whether DOUBLE restores it. */
  #long(from: number): number {
    const decimal = this.#hasFailed ? undefined : parseDecimal(this.#text.slice(from, this.#at));
    if (decimal === undefined) {
      this.#hasFailed = true;
      return 0;
    }
    if (!decimal.isExact) this.inexactDecimals++;
    return decimal.value;
  }
}
