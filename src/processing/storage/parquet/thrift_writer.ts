import type { Bytes } from "./bytes.ts";
import { TYPE } from "./thrift_cursor.ts";

/** Writes fields of Thrift's compact protocol in the order of their ids. */
export class ThriftWriter {
  readonly #out: Bytes;
  readonly #outer: number[] = [];
  #lastId = 0;

  constructor(out: Bytes) {
    this.#out = out;
  }

  i32(id: number, value: number): void {
    this.#field(id, TYPE.i32);
    this.#out.zigzag(value);
  }

  i64(id: number, value: number | bigint): void {
    this.#field(id, TYPE.i64);
    this.#out.zigzag(Number(value));
  }

  flag(id: number, value: boolean): void {
    this.#field(id, value ? TYPE.true : TYPE.false);
  }

  text(id: number, text: string): void {
    this.#field(id, TYPE.binary);
    this.#out.text(text);
  }

  /** `count` bytes come next. */
  binary(id: number, count: number): void {
    this.#field(id, TYPE.binary);
    this.#out.varint(count);
  }

  /** The elements come next. */
  list(id: number, type: number, count: number): void {
    this.#field(id, TYPE.list);
    this.#out.byte((count < 15 ? count << 4 : 0xf0) | type);
    if (count >= 15) this.#out.varint(count);
  }

  /** A struct that is a field. `end` ends it. */
  struct(id: number): void {
    this.#field(id, TYPE.struct);
    this.begin();
  }

  /** A struct that is a field and has none. */
  empty(id: number): void {
    this.struct(id);
    this.end();
  }

  /** A struct that is an element of a list. */
  begin(): void {
    this.#outer.push(this.#lastId);
    this.#lastId = 0;
  }

  end(): void {
    this.#out.byte(TYPE.stop);
    this.#lastId = this.#outer.pop() ?? 0;
  }

  /** Steps of at most 15 in what we write. */
  #field(id: number, type: number): void {
    this.#out.byte((id - this.#lastId) << 4 | type);
    this.#lastId = id;
  }
}
