/**
 * `count` values of `width` bits, 24 at most, from the lowest bit on, the first one at `bit`; whoever calls has checked that the bytes are
 * there. Returns the greatest.
 */
export function unpackBits(bytes: DataView, bit: number, width: number, out: Uint32Array, first: number, count: number): number {
  if (width === 0) {
    out.fill(0, first, first + count);
    return 0;
  }
  // Four bytes hold a value wherever it begins, and none waits for the one before. The zeros tell the engines to stay with 32 bits: with
  // both, four times as fast as shifting byte by byte.
  const mask = (1 << width) - 1;
  const step = width | 0;
  const end = first + count | 0;
  const inside = first + Math.max(0, Math.min(count, Math.floor((8 * (bytes.byteLength - 4) - bit) / width))) | 0;
  let at = bit | 0;
  let i = first | 0;
  let greatest = 0;
  for (; i < inside; i = i + 1 | 0, at = at + step | 0) {
    const value = bytes.getInt32(at >> 3, true) >>> (at & 7) & mask;
    out[i] = value;
    greatest = greatest > value ? greatest : value;
  }
  for (; i < end; i++, at += step) {
    const value = lastBits(bytes, at) & mask;
    out[i] = value;
    greatest = Math.max(greatest, value);
  }
  return greatest;
}

/** What there is from that bit on, where the bytes end. */
function lastBits(bytes: DataView, bit: number): number {
  let value = 0;
  for (let at = Math.min(bytes.byteLength, (bit >> 3) + 4) - 1; at >= bit >> 3; at--) value = value << 8 | bytes.getUint8(at);
  return value >>> (bit & 7);
}

/** The same of one bit each. Two functions, because the engine is fast where an array is always of one kind. */
export function unpackFlags(bytes: Uint8Array, bit: number, out: Uint8Array, first: number, count: number): number {
  let any = 0;
  for (let i = first; i < first + count; i++, bit++) any |= out[i] = bytes[bit >>> 3]! >>> (bit & 7) & 1;
  return any;
}
