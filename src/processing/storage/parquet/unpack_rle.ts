/**
 * Parquet's RLE / bit-packing hybrid, read back: the counterpart of `rle.ts`. Fills all of `out`, each value below 2^width, width at most
 * 24. Throws RangeError where the bytes end first.
 */
export function unpackRle(bytes: Uint8Array, width: number, out: Uint8Array | Uint32Array): void {
  let at = 0;
  const valueBytes = Math.ceil(width / 8);
  if (width > 24) throw new RangeError(`it has indices of ${width} bits`);
  for (let done = 0; done < out.length;) {
    let header = 0;
    for (let scale = 1;; scale *= 128) {
      const byte = bytes[at++];
      if (byte === undefined) throw new RangeError("a page ends inside its levels or indices");
      header += (byte & 0x7f) * scale;
      if (byte < 128) break;
    }
    const count = Math.min((header % 2 === 1 ? 8 : 1) * Math.floor(header / 2), out.length - done);
    const needed = header % 2 === 1 ? Math.floor(header / 2) * width : valueBytes;
    if (count === 0 || at + needed > bytes.length) throw new RangeError("a page ends inside its levels or indices");
    if (header % 2 === 1) unpackBits(bytes, at, width, out, done, count);
    else out.fill(littleEndian(bytes, at, valueBytes), done, done + count);
    at += needed;
    done += count;
  }
}

function littleEndian(bytes: Uint8Array, at: number, count: number): number {
  let value = 0;
  for (let i = count - 1; i >= 0; i--) value = value << 8 | bytes[at + i]!;
  return value;
}

/** `count` values of `width` bits from the lowest bit on. Whoever calls has checked that the bytes are there. */
function unpackBits(bytes: Uint8Array, from: number, width: number, out: Uint8Array | Uint32Array, first: number, count: number): void {
  const mask = 2 ** width - 1;
  let at = from;
  let pending = 0;
  let bits = 0;
  for (let i = first; i < first + count; i++) {
    while (bits < width) {
      pending |= bytes[at++]! << bits; // at most 23 + 8 bits
      bits += 8;
    }
    out[i] = pending & mask;
    pending >>>= width;
    bits -= width;
  }
}
