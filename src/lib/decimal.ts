/** A decimal text as a DOUBLE. `isExact` is false where the DOUBLE does not give the venue's digits back. */
export interface Decimal {
  readonly value: number;
  readonly isExact: boolean;
}

const DIGITS_ALWAYS_EXACT = 15; // any decimal of 15 significant digits survives the round trip through an IEEE double …
const NORMAL_MIN = 2 ** -1022; // … that is not so small that it loses bits, or is 0

/**
 * Reads `-12.340`, `.5` or `1e-8`; undefined for anything else (empty, spaces, hex, NaN, Infinity, out of range).
 * `Number()` alone would read "" as 0 and "0x10" as 16.
 */
export function parseDecimal(text: string): Decimal | undefined {
  const digits = significantDigits(text);
  if (digits === undefined) return undefined;
  const value = Number(text);
  if (!Number.isFinite(value)) return undefined;
  const isSurelyExact = digits === 0 || (digits <= DIGITS_ALWAYS_EXACT && Math.abs(value) >= NORMAL_MIN);
  return { value, isExact: isSurelyExact || restores(value, text, digits) };
}

/** Digits between the first and the last that count, or undefined where the text is no decimal. */
function significantDigits(text: string): number | undefined {
  let i = text.charCodeAt(0) === 0x2d ? 1 : 0;
  let seen = 0;
  let significant = 0;
  let trailingZeros = 0;
  let hasPoint = false;
  for (; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code >= 0x30 && code <= 0x39) {
      seen++;
      if (code !== 0x30) {
        significant += trailingZeros + 1;
        trailingZeros = 0;
      } else if (significant > 0) trailingZeros++;
    } else if (code === 0x2e && !hasPoint) hasPoint = true;
    else break;
  }
  if (seen === 0 || (i < text.length && !isExponent(text, i))) return undefined;
  return significant;
}

function isExponent(text: string, at: number): boolean {
  if ((text.charCodeAt(at) | 0x20) !== 0x65) return false;
  let i = at + 1;
  if (text[i] === "-" || text[i] === "+") i++;
  if (i === text.length) return false;
  for (; i < text.length; i++) if (text.charCodeAt(i) < 0x30 || text.charCodeAt(i) > 0x39) return false;
  return true;
}

const PRECISION_MAX = 100; // what toPrecision takes

/** Rounded to as many digits the value is the text again, and no other text of as many digits has this value. */
function restores(value: number, text: string, digits: number): boolean {
  return digits < PRECISION_MAX && digitsOf(value.toPrecision(digits)) === digitsOf(text) && !isHalfway(value, digits);
}

/** 900719925474094.2 and ….3 have one DOUBLE, ….25, which rounds up: neither can be told from the other. */
function isHalfway(value: number, digits: number): boolean {
  const all = digitsOf(value.toPrecision(PRECISION_MAX));
  return all.length === digits + 1 && all.endsWith("5");
}

/** The digits that count, without sign, point, exponent and zeros around them. */
function digitsOf(text: string): string {
  const mantissa = text.toLowerCase().split("e")[0]!.replace("-", "").replace(".", "");
  let from = 0;
  let to = mantissa.length;
  while (from < to && mantissa[from] === "0") from++;
  while (to > from && mantissa[to - 1] === "0") to--;
  return mantissa.slice(from, to);
}
