import type { Bytes } from "./bytes.ts";

const RUN_MIN = 8; // a shorter run costs more as a run than bit-packed

/**
 * Parquet's RLE / bit-packing hybrid for `values[from, to)`, each below 2^width, width at most 24: levels (width 1) and dictionary
 * indices. Bit-packed groups hold eight values, so a run begins only where a group ends.
 */
export function rleHybrid(out: Bytes, values: Uint8Array | Uint32Array, width: number, from = 0, to: number = values.length): void {
  let packedFrom = from;
  let at = from;
  while (at < to) {
    const value = values[at]!;
    let end = at + 1;
    while (end < to && values[end] === value) end++;
    // What is packed so far must be a multiple of eight, so the run gives up its first few values to fill the group.
    const aligned = at + (8 - (at - packedFrom) % 8) % 8;
    if (end - aligned >= RUN_MIN) {
      if (aligned > packedFrom) packed(out, values, width, packedFrom, aligned);
      run(out, value, width, end - aligned);
      packedFrom = end;
    }
    at = end;
  }
  if (to > packedFrom) packed(out, values, width, packedFrom, to);
}

/** `count` times the same value: what a column without nulls has as levels. */
export function run(out: Bytes, value: number, width: number, count: number): void {
  out.varint(count * 2);
  for (let bits = 0; bits < width; bits += 8) out.byte((value >>> bits) & 0xff);
}

function packed(out: Bytes, values: Uint8Array | Uint32Array, width: number, from: number, to: number): void {
  const groups = Math.ceil((to - from) / 8);
  out.varint(groups * 2 + 1);
  const { bytes, from: start } = out.reserve(groups * width);
  let at = start;
  let pending = 0;
  let bits = 0;
  for (let i = from; i < to; i++) {
    pending |= values[i]! << bits; // at most 7 + 24 bits
    bits += width;
    while (bits >= 8) {
      bytes[at++] = pending & 0xff;
      pending >>>= 8;
      bits -= 8;
    }
  }
  if (bits > 0) bytes[at++] = pending & 0xff;
  bytes.fill(0, at, start + groups * width);
}
