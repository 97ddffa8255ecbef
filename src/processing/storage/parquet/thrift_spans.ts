import { ThriftCursor, TYPE, unzigzag } from "./thrift_cursor.ts";

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

/** Spans by field id. Throws RangeError for bytes that are no whole struct. */
export function fieldSpans(bytes: Uint8Array): Map<number, FieldSpan> {
  const cursor = new ThriftCursor(bytes);
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
  const cursor = new ThriftCursor(bytes, valueFrom);
  const count = cursor.listCount();
  return { count, elementsFrom: cursor.at };
}

/** Where the first `count` structs of a list end. */
export function endOfStructs(bytes: Uint8Array, { elementsFrom }: ListSpan, count: number): number {
  const cursor = new ThriftCursor(bytes, elementsFrom);
  for (let i = 0; i < count; i++) cursor.skip(TYPE.struct, 0);
  return cursor.at;
}

/** The texts of `count` structs that have two each. */
export function* textPairs(bytes: Uint8Array, from: number, count: number): Generator<[string, string]> {
  const cursor = new ThriftCursor(bytes, from);
  const decoder = new TextDecoder();
  const text = () => {
    if ((cursor.byte() & 0x0f) !== TYPE.binary) throw new RangeError("a pair of texts lacks one");
    const length = cursor.varint();
    cursor.at += length;
    return decoder.decode(bytes.subarray(cursor.at - length, cursor.at));
  };
  for (let i = 0; i < count; i++) {
    yield [text(), text()];
    if (cursor.byte() !== TYPE.stop) throw new RangeError("a pair of texts has a third");
  }
}

export function listHeader(count: number): number[] {
  return count < 15 ? [count << 4 | TYPE.struct] : [0xf0 | TYPE.struct, ...varint(count)];
}

/** An i64 as the compact protocol writes it. */
export function zigzag(value: number): number[] {
  return varint(value < 0 ? -2 * value - 1 : 2 * value);
}

export function zigzagAt(bytes: Uint8Array, { valueFrom }: FieldSpan): number {
  return unzigzag(new ThriftCursor(bytes, valueFrom).varint());
}

function varint(value: number): number[] {
  const bytes: number[] = [];
  for (; value >= 128; value = Math.floor(value / 128)) bytes.push(value % 128 + 128);
  return [...bytes, value];
}
