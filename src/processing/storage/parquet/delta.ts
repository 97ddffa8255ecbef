import { ByteWriter } from "hyparquet-writer/src/bytewriter.js";
import { deltaBinaryPack } from "hyparquet-writer/src/delta.js";
import type { Bytes } from "./bytes.ts";

const BLOCK = 128;
const MINIBLOCK = 32;
const EXACT_MAX = 2 ** 51; // below it every difference, and what the zigzag makes of it, is an exact double: measured on random pages

/**
 * DELTA_BINARY_PACKED of safe integers without a BigInt: twenty times cheaper in JavaScriptCore. Outside ±2^51 (an id of a venue that
 * counts very far) the published writer does it.
 */
export function deltaPacked(out: Bytes, values: Float64Array, min: number, max: number): void {
  if (values.length > 0 && (min <= -EXACT_MAX || max >= EXACT_MAX)) return deltaByWriter(out, values);
  const deltas = new Float64Array(BLOCK);
  const widths = new Uint8Array(BLOCK / MINIBLOCK);
  out.varint(BLOCK);
  out.varint(BLOCK / MINIBLOCK);
  out.varint(values.length);
  out.zigzag(values.length === 0 ? 0 : values[0]!);
  for (let at = 1; at < values.length; at += BLOCK) {
    const count = Math.min(BLOCK, values.length - at);
    let least = Infinity;
    for (let i = 0; i < count; i++) {
      const delta = values[at + i]! - values[at + i - 1]!;
      deltas[i] = delta;
      if (delta < least) least = delta;
    }
    out.zigzag(least);
    for (let i = 0; i < count; i++) deltas[i]! -= least;
    deltas.fill(0, count);
    for (let mini = 0; mini < widths.length; mini++) widths[mini] = widthOf(deltas, mini * MINIBLOCK);
    out.append(widths);
    for (let mini = 0; mini < widths.length; mini++) pack(out, deltas, mini * MINIBLOCK, widths[mini]!);
  }
}

function widthOf(deltas: Float64Array, from: number): number {
  let most = 0;
  for (let i = from; i < from + MINIBLOCK; i++) if (deltas[i]! > most) most = deltas[i]!;
  return most < 2 ** 32 ? 32 - Math.clz32(most) : 64 - Math.clz32(Math.floor(most / 2 ** 32));
}

/** 32 values of `width` bits; a width of 0 has no bytes. Wide values go through the accumulator in pieces of 16 bits. */
function pack(out: Bytes, deltas: Float64Array, from: number, width: number): void {
  const { bytes, from: start } = out.reserve(width * MINIBLOCK / 8);
  let at = start;
  let pending = 0;
  let bits = 0;
  for (let i = from; i < from + MINIBLOCK && width > 0; i++) {
    let rest = deltas[i]!;
    for (let left = width; left > 0; left -= 16) {
      const piece = left >= 16 ? 16 : left;
      pending |= (rest % 65_536) << bits; // at most 7 + 16 bits
      bits += piece;
      while (bits >= 8) {
        bytes[at++] = pending & 0xff;
        pending >>>= 8;
        bits -= 8;
      }
      rest = Math.floor(rest / 65_536);
    }
  }
}

function deltaByWriter(out: Bytes, values: Float64Array): void {
  const writer = new ByteWriter();
  deltaBinaryPack(writer, Array.from(values, BigInt), "INT64");
  out.append(writer.getBytes());
}
