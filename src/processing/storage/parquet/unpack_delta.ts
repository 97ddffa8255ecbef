import { deltaBinaryUnpack } from "hyparquet/src/delta.js";
import { unzigzag } from "./thrift_cursor.ts";

const EXACT_MAX = 2 ** 53;
const EXACT_BITS = 53;
const PIECE_BITS = 24;
const SPARE_BYTES = 4;

/**
 * DELTA_BINARY_PACKED integers without a BigInt: the counterpart of `delta.ts`, ten times cheaper than the published reader. Where a number
 * on the way is beyond what a double holds exactly, the published one does it. Throws RangeError where the bytes end first.
 */
export function unpackDelta(bytes: Uint8Array, count: number): Float64Array<ArrayBuffer> {
  return count === 0 ? new Float64Array(0) : new Unpacking(bytes, count).run() ?? byReader(bytes, count);
}

class Unpacking {
  readonly #bytes: Uint8Array;
  readonly #out: Float64Array<ArrayBuffer>;
  #at = 0;

  constructor(bytes: Uint8Array, count: number) {
    this.#bytes = bytes;
    this.#out = new Float64Array(count);
  }

  /** Undefined where doubles are not exact. */
  run(): Float64Array<ArrayBuffer> | undefined {
    const out = this.#out;
    const blockRows = this.#varint();
    const minis = this.#varint();
    const rows = blockRows / minis;
    const total = this.#varint();
    const first = this.#varint();
    if (total !== out.length || !Number.isInteger(rows) || rows % 8 !== 0 || rows === 0) {
      throw new RangeError("a page of deltas lies about itself");
    }
    if (first >= EXACT_MAX) return undefined;
    const view = new DataView(this.#bytes.buffer, this.#bytes.byteOffset, this.#bytes.byteLength);
    let value = unzigzag(first);
    out[0] = value;
    for (let done = 1; done < out.length;) {
      const least = this.#varint();
      if (least >= EXACT_MAX) return undefined;
      const step = unzigzag(least);
      const widths = this.#at;
      this.#at += minis;
      for (let mini = 0; mini < minis && done < out.length; mini++) {
        const width = this.#bytes[widths + mini]!;
        const bytes = rows * width / 8;
        if (!(this.#at + bytes <= this.#bytes.length)) throw new RangeError("a page ends inside its deltas");
        if (width > EXACT_BITS) return undefined;
        const to = Math.min(done + rows, out.length);
        if (width === 0) value = climb(out, done, to, value, step);
        else if (width <= PIECE_BITS && this.#at + bytes + SPARE_BYTES <= view.byteLength) {
          value = addUp(view, 8 * this.#at, width, out, done, to, value, step);
        } else value = this.#wide(width, done, to, value, step);
        done = to;
        this.#at += bytes;
      }
    }
    return out;
  }

  /** Packed numbers of any width, in pieces. */
  #wide(width: number, from: number, to: number, before: number, step: number): number {
    const bytes = this.#bytes;
    let value = before;
    let at = this.#at;
    let pending = 0;
    let bits = 0;
    for (let i = from; i < to; i++) {
      let packed = 0;
      for (let done = 0; done < width; done += PIECE_BITS) {
        const piece = Math.min(PIECE_BITS, width - done);
        while (bits < piece) {
          pending |= bytes[at++]! << bits;
          bits += 8;
        }
        packed += (pending & 2 ** piece - 1) * 2 ** done;
        pending >>>= piece;
        bits -= piece;
      }
      this.#out[i] = value += step + packed;
    }
    return value;
  }

  #varint(): number {
    let value = 0;
    for (let scale = 1;; scale *= 128) {
      const byte = this.#bytes[this.#at++];
      if (byte === undefined || scale > 2 ** 63) throw new RangeError("a page ends inside its deltas");
      value += (byte & 0x7f) * scale;
      if (byte < 128) return value;
    }
  }
}

// Functions of their own: a loop inside a larger one stays slow in Bun's engine, ten times as slow as here. Both return the last value.

/** By the same step each: ids, most often. */
function climb(out: Float64Array, from: number, to: number, before: number, step: number): number {
  let value = before;
  for (let i = from; i < to; i++) out[i] = value += step;
  return value;
}

/** Four bytes hold a packed number wherever it begins. The zeros tell the engines to stay with 32 bits. */
function addUp(
  bytes: DataView,
  bit: number,
  width: number,
  out: Float64Array,
  from: number,
  to: number,
  before: number,
  step: number,
): number {
  const mask = (1 << width) - 1;
  const bits = width | 0;
  let value = before;
  for (let i = from | 0, at = bit | 0; i < to; i = i + 1 | 0, at = at + bits | 0) {
    out[i] = value += step + (bytes.getInt32(at >> 3, true) >>> (at & 7) & mask);
  }
  return value;
}

function byReader(bytes: Uint8Array, count: number): Float64Array<ArrayBuffer> {
  const values = new BigInt64Array(count);
  deltaBinaryUnpack({ view: new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), offset: 0 }, count, values);
  return Float64Array.from(values, Number);
}
