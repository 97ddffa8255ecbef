import { isEqual } from "../../../lib/bytes.ts";

/**
 * A footer vouches for itself: one of its key-values is the CRC-32 of its own bytes, taken with the eight digits of that CRC as zeros. A
 * flipped bit anywhere in it is then noticed, which neither Parquet nor any reader offers.
 */
export const SEAL_KEY = "argus.footer";
export const UNSEALED = "00000000";

type Crc32 = (bytes: Uint8Array) => number;

/** Fills the digits in. Throws RangeError where the metadata has no such key. */
export function sealFooter(metadata: Uint8Array, crc32: Crc32): Uint8Array {
  const at = digitsAt(metadata);
  if (at === undefined) throw new RangeError(`the footer lacks ${SEAL_KEY}`);
  const sealed = metadata.slice();
  sealed.set(ZEROS, at);
  sealed.set(new TextEncoder().encode(crc32(sealed).toString(16).padStart(ZEROS.length, "0")), at);
  return sealed;
}

export function isSealIntact(metadata: Uint8Array, crc32: Crc32): boolean {
  const at = digitsAt(metadata);
  if (at === undefined) return false;
  return isEqual(sealFooter(metadata, crc32), metadata);
}

const ZEROS = new TextEncoder().encode(UNSEALED);
/** The key, the header of the value's field (a binary, one field on), and the value's length. */
const BEFORE = Uint8Array.of(...new TextEncoder().encode(SEAL_KEY), 0x18, ZEROS.length);

function digitsAt(metadata: Uint8Array): number | undefined {
  for (let at = metadata.length - BEFORE.length - ZEROS.length; at >= 0; at--) {
    if (BEFORE.every((byte, i) => metadata[at + i] === byte)) return at + BEFORE.length;
  }
  return undefined;
}
