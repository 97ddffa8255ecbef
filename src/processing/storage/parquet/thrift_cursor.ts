export const TYPE = {
  stop: 0,
  true: 1,
  false: 2,
  i8: 3,
  i16: 4,
  i32: 5,
  i64: 6,
  double: 7,
  binary: 8,
  list: 9,
  set: 10,
  map: 11,
  struct: 12,
};
const NESTING_MAX = 32;

/** Walks bytes of Thrift's compact protocol, which footers and page headers are written in. Throws RangeError for what is none. */
export class ThriftCursor {
  readonly #bytes: Uint8Array;
  at: number;

  constructor(bytes: Uint8Array, at = 0) {
    this.#bytes = bytes;
    this.at = at;
  }

  byte(): number {
    const byte = this.#bytes[this.at++];
    if (byte === undefined) throw new RangeError("it ends inside a field");
    return byte;
  }

  varint(): number {
    let value = 0;
    for (let scale = 1;; scale *= 128) {
      const byte = this.byte();
      value += (byte & 0x7f) * scale;
      if (byte < 128) return value;
      if (scale > 2 ** 63) throw new RangeError("a number in it does not end");
    }
  }

  listCount(): number {
    const header = this.byte();
    return header >> 4 === 15 ? this.varint() : header >> 4;
  }

  skip(type: number, depth: number): void {
    if (depth > NESTING_MAX) throw new RangeError("it is nested too deeply");
    switch (type) {
      case TYPE.true:
      case TYPE.false:
        return;
      case TYPE.i8:
        return this.#move(1);
      case TYPE.i16:
      case TYPE.i32:
      case TYPE.i64:
        return void this.varint();
      case TYPE.double:
        return this.#move(8);
      case TYPE.binary:
        return this.#move(this.varint());
      case TYPE.list:
      case TYPE.set:
        return this.#skipList(depth);
      case TYPE.map:
        return this.#skipMap(depth);
      case TYPE.struct:
        return this.#skipStruct(depth);
      default:
        throw new RangeError(`it has a field of unknown type ${type}`);
    }
  }

  #skipList(depth: number): void {
    const header = this.byte();
    const count = header >> 4 === 15 ? this.varint() : header >> 4;
    for (let i = 0; i < count; i++) this.#skipElement(header & 0x0f, depth);
  }

  #skipMap(depth: number): void {
    const count = this.varint();
    if (count === 0) return;
    const types = this.byte();
    for (let i = 0; i < count; i++) {
      this.#skipElement(types >> 4, depth);
      this.#skipElement(types & 0x0f, depth);
    }
  }

  #skipStruct(depth: number): void {
    for (;;) {
      const header = this.byte();
      if (header === TYPE.stop) return;
      if (header >> 4 === 0) this.varint();
      this.skip(header & 0x0f, depth + 1);
    }
  }

  /** A boolean is a byte in a list, and nothing in a field. */
  #skipElement(type: number, depth: number): void {
    if (type === TYPE.true || type === TYPE.false) this.#move(1);
    else this.skip(type, depth + 1);
  }

  #move(count: number): void {
    this.at += count;
    if (this.at > this.#bytes.length) throw new RangeError("it ends inside a field");
  }
}

export function unzigzag(value: number): number {
  return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
}
