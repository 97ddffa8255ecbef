import { RleCursor } from "./unpack_rle.ts";

/** A page's places in its dictionary, counted from 0, as they are stored: a quarter of what they take unpacked, and soon unpacked. */
export class PackedPlaces {
  readonly count: number;
  readonly #raw: Uint8Array;
  readonly #limit: number;

  /** Of `raw` the first byte is how many bits each takes. All are below `limit`. */
  constructor(raw: Uint8Array, count: number, limit: number) {
    this.count = count;
    this.#raw = raw;
    this.#limit = limit;
  }

  get bytes(): number {
    return this.#raw.byteLength;
  }

  /** From one to before another to the beginning of `out`. Throws RangeError where they are not all there. */
  take(out: Uint32Array, from: number, to: number): void {
    const cursor = this.#from(from);
    if (to > from && cursor.take(out, to - from) >= this.#limit) throw outside();
  }

  /** The same in pieces as large as `room`, which each call finds filled with `count` of them. */
  inPieces(from: number, to: number, room: Uint32Array, piece: (places: Uint32Array, count: number) => void): void {
    const cursor = this.#from(from);
    for (let done = from; done < to;) {
      const count = Math.min(room.length, to - done);
      if (cursor.take(room, count) >= this.#limit) throw outside();
      piece(room, count);
      done += count;
    }
  }

  #from(from: number): RleCursor {
    const cursor = new RleCursor(this.#raw.subarray(1), this.#raw[0] ?? 0);
    cursor.skip(from);
    return cursor;
  }
}

function outside(): RangeError {
  return new RangeError("an index is beyond its dictionary");
}
