/**
 * Byte spans of a footer's top-level fields (Thrift compact protocol), so that an append keeps what is there byte for byte. Decoding and
 * writing a footer again loses what the reader does not know, and µs in statistics.
 */
export interface FieldSpan {
  /** Of the field's header. */
  readonly from: number;
  readonly valueFrom: number;
  readonly to: number;
}

export interface ListSpan {
  readonly count: number;
  readonly elementsFrom: number;
}

const TYPE = { stop: 0, true: 1, false: 2, i8: 3, i16: 4, i32: 5, i64: 6, double: 7, binary: 8, list: 9, set: 10, map: 11, struct: 12 };
const NESTING_MAX = 32;

/** Spans by field id. Throws RangeError for bytes that are no whole struct. */
export function fieldSpans(bytes: Uint8Array): Map<number, FieldSpan> {
  const cursor = new Cursor(bytes);
  const spans = new Map<number, FieldSpan>();
  for (let id = 0;;) {
    const from = cursor.at;
    const header = cursor.byte();
    if (header === TYPE.stop) break;
    id = header >> 4 === 0 ? unzigzag(cursor.varint()) : id + (header >> 4);
    const valueFrom = cursor.at;
    cursor.skip(header & 0x0f, 0);
    spans.set(id, { from, valueFrom, to: cursor.at });
  }
  if (cursor.at !== bytes.length) throw new RangeError(`${bytes.length - cursor.at} bytes follow the footer's end`);
  return spans;
}

export function listSpan(bytes: Uint8Array, { valueFrom }: FieldSpan): ListSpan {
  const cursor = new Cursor(bytes, valueFrom);
  const count = cursor.listCount();
  return { count, elementsFrom: cursor.at };
}

export function listHeader(count: number): number[] {
  return count < 15 ? [count << 4 | TYPE.struct] : [0xf0 | TYPE.struct, ...varint(count)];
}

/** An i64 as the compact protocol writes it. */
export function zigzag(value: number): number[] {
  return varint(value < 0 ? -2 * value - 1 : 2 * value);
}

export function zigzagAt(bytes: Uint8Array, { valueFrom }: FieldSpan): number {
  return unzigzag(new Cursor(bytes, valueFrom).varint());
}

function varint(value: number): number[] {
  const bytes: number[] = [];
  for (; value >= 128; value = Math.floor(value / 128)) bytes.push(value % 128 + 128);
  return [...bytes, value];
}

function unzigzag(value: number): number {
  return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
}

class Cursor {
  readonly #bytes: Uint8Array;
  at: number;

  constructor(bytes: Uint8Array, at = 0) {
    this.#bytes = bytes;
    this.at = at;
  }

  byte(): number {
    const byte = this.#bytes[this.at++];
    if (byte === undefined) throw new RangeError("the footer ends inside a field");
    return byte;
  }

  varint(): number {
    let value = 0;
    for (let scale = 1;; scale *= 128) {
      const byte = this.byte();
      value += (byte & 0x7f) * scale;
      if (byte < 128) return value;
      if (scale > 2 ** 63) throw new RangeError("a number in the footer does not end");
    }
  }

  listCount(): number {
    const header = this.byte();
    return header >> 4 === 15 ? this.varint() : header >> 4;
  }

  skip(type: number, depth: number): void {
    if (depth > NESTING_MAX) throw new RangeError("the footer is nested too deeply");
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
        throw new RangeError(`the footer has a field of unknown type ${type}`);
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
    if (this.at > this.#bytes.length) throw new RangeError("the footer ends inside a field");
  }
}
