import * as v from "valibot";

/**
 * What is the same in every payload of this venue: ids, times and counts are JSON numbers, prices and sizes are decimal strings, symbols
 * are upper case. Fields are added without notice, so unknown ones are allowed (the codec counts them).
 */

/** JSON.parse rounds above 2^53 without a word, and a rounded id is a wrong one. */
export const id = v.pipe(v.number(), v.safeInteger(), v.minValue(0));

/** In the connection's unit. */
export const time = v.pipe(v.number(), v.safeInteger());

/** Any UTF-8 since 2025-12, but never lower case: that is how streams are spelled. */
export const symbol = v.pipe(v.string(), v.regex(/^[^a-z]+$/));

/** Present in the documentation, not read. Named so that it is not counted as unknown; its absence loses nothing. */
export const unread = v.optional(v.unknown());

export type Pair = readonly [price: string, size: string, ...more: unknown[]];

/** A side of the book, `[["61685.99000000","1.25869000"],…]`. One loop, because a schema for each level copies every level. */
export const pairs = v.custom<readonly Pair[]>(arePairs, "expected a list of [price, size]");

function arePairs(value: unknown): boolean {
  if (!Array.isArray(value)) return false;
  for (let i = 0; i < value.length; i++) {
    const pair = value[i];
    if (!Array.isArray(pair) || typeof pair[0] !== "string" || typeof pair[1] !== "string") return false;
  }
  return true;
}
