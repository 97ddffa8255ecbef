import { unpackBits, unpackFlags } from "./unpack_bits.ts";

const WIDTH_MAX = 24;

/** Fills all of `out` with the first values: see `RleCursor`. Returns the greatest of them. */
export function unpackRle(bytes: Uint8Array, width: number, out: Uint8Array | Uint32Array): number {
  return new RleCursor(bytes, width).take(out, out.length);
}

/**
 * Parquet's RLE / bit-packing hybrid, read back piece by piece: the counterpart of `rle.ts`. Each value is below 2^width. Throws RangeError
 * where the bytes end first.
 */
export class RleCursor {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #width: number;
  /** Of the next run's header. */
  #at = 0;
  /** Values left of this run: packed from a bit on, or all the same. */
  #left = 0;
  #isPacked = false;
  #bit = 0;
  #same = 0;

  constructor(bytes: Uint8Array, width: number) {
    if (width > WIDTH_MAX) throw new RangeError(`it has indices of ${width} bits`);
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#width = width;
  }

  /** The next `count` values to the beginning of `out`. Returns the greatest of them. */
  take(out: Uint8Array | Uint32Array, count: number): number {
    let greatest = 0;
    for (let done = 0; done < count;) {
      const some = this.#some(count - done);
      if (this.#isPacked) greatest = Math.max(greatest, this.#unpack(out, done, some));
      else {
        out.fill(this.#same, done, done + some);
        greatest = Math.max(greatest, this.#same);
      }
      this.#pass(some);
      done += some;
    }
    return greatest;
  }

  skip(count: number): void {
    for (let done = 0; done < count;) {
      const some = this.#some(count - done);
      this.#pass(some);
      done += some;
    }
  }

  #unpack(out: Uint8Array | Uint32Array, first: number, count: number): number {
    if (out instanceof Uint32Array) return unpackBits(this.#view, this.#bit, this.#width, out, first, count);
    if (this.#width !== 1) throw new RangeError(`it has flags of ${this.#width} bits`);
    return unpackFlags(this.#bytes, this.#bit, out, first, count);
  }

  /** How many of the next values are in one run. */
  #some(count: number): number {
    if (this.#left === 0) this.#next();
    return Math.min(count, this.#left);
  }

  #pass(count: number): void {
    this.#left -= count;
    if (this.#isPacked) this.#bit += count * this.#width;
  }

  #next(): void {
    let header = 0;
    for (let scale = 1;; scale *= 128) {
      const byte = this.#bytes[this.#at++];
      if (byte === undefined) throw new RangeError("a page ends inside its levels or indices");
      header += (byte & 0x7f) * scale;
      if (byte < 128) break;
    }
    this.#isPacked = header % 2 === 1;
    this.#left = (this.#isPacked ? 8 : 1) * Math.floor(header / 2);
    const needed = this.#isPacked ? this.#left * this.#width / 8 : Math.ceil(this.#width / 8);
    if (this.#left === 0 || this.#at + needed > this.#bytes.length) throw new RangeError("a page ends inside its levels or indices");
    this.#bit = 8 * this.#at;
    if (!this.#isPacked) this.#same = littleEndian(this.#bytes, this.#at, needed);
    this.#at += needed;
  }
}

function littleEndian(bytes: Uint8Array, at: number, count: number): number {
  let value = 0;
  for (let i = count - 1; i >= 0; i--) value = value << 8 | bytes[at + i]!;
  return value;
}
