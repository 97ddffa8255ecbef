import { assert } from "../../lib/assert.ts";
import type { ColumnKind, Level } from "../../events/event_type.ts";
import type { SealedColumn } from "./table.ts";

/** One column of rows that are not yet sealed. */
export interface ColumnBuffer {
  /** A field of an event; undefined is null. Returns the bytes it takes. */
  push(value: unknown): number;
  /** What was pushed, copied; it stays. */
  copy(): SealedColumn;
  /** A sealed column of the same kind. Returns the bytes it takes. */
  pushAll(column: SealedColumn): number;
  /** Rows of a buffer of the same kind, from `from` on. Returns the bytes they take. */
  pushFrom(other: ColumnBuffer, from: number): number;
  /** What was pushed, copied; the buffer is empty afterwards. */
  seal(): SealedColumn;
}

const ROWS_INITIAL = 16; // thousands of quiet streams each have a buffer
const FEW = 16;
const ROWS_KEPT_MAX = 8_192; // a burst must not hold its memory for ever

export function columnBuffer(kind: ColumnKind): ColumnBuffer {
  switch (kind) {
    case "timestamp":
    case "int64":
    case "double":
      return new Numbers();
    case "boolean":
      return new Flags();
    case "string":
      return new Texts();
    case "levels":
      return new Levels();
  }
}

/** A typed array that grows by doubling. */
class Growing<A extends Float64Array<ArrayBuffer> | Uint32Array<ArrayBuffer> | Uint8Array<ArrayBuffer>> {
  readonly #make: (length: number) => A;
  #array: A;
  #length = 0;

  constructor(make: (length: number) => A) {
    this.#make = make;
    this.#array = make(ROWS_INITIAL);
  }

  get length(): number {
    return this.#length;
  }

  push(value: number): void {
    if (this.#length === this.#array.length) this.#grow(this.#length + 1);
    this.#array[this.#length++] = value;
  }

  copy(): A {
    return this.#array.slice(0, this.#length) as A;
  }

  pushAll(values: A): void {
    if (this.#length + values.length > this.#array.length) this.#grow(this.#length + values.length);
    this.#array.set(values, this.#length);
    this.#length += values.length;
  }

  /** One by one while they are few: a view costs as much as ten of them. */
  pushFrom(other: Growing<A>, from: number): void {
    const count = other.#length - from;
    if (count > FEW) return this.pushAll(other.#array.subarray(from, other.#length) as A);
    if (this.#length + count > this.#array.length) this.#grow(this.#length + count);
    for (let i = from; i < other.#length; i++) this.#array[this.#length++] = other.#array[i]!;
  }

  /** The sum of the values from `from` on. */
  sumFrom(from: number): number {
    let sum = 0;
    for (let i = from; i < this.#length; i++) sum += this.#array[i]!;
    return sum;
  }

  at(index: number): number {
    return this.#array[index]!;
  }

  seal(): A {
    const sealed = this.copy();
    this.#length = 0;
    if (this.#array.length > ROWS_KEPT_MAX) this.#array = this.#make(ROWS_INITIAL);
    return sealed;
  }

  #grow(lengthMin: number): void {
    const grown = this.#make(Math.max(lengthMin, 2 * this.#array.length));
    grown.set(this.#array);
    this.#array = grown;
  }
}

const doubles = () => new Growing((length) => new Float64Array(length));
const counts = () => new Growing((length) => new Uint32Array(length));

class Numbers implements ColumnBuffer {
  readonly #values = doubles();

  push(value: unknown): number {
    this.#values.push(value === undefined ? NaN : value as number);
    return 8;
  }

  copy(): SealedColumn {
    return { kind: "numbers", values: this.#values.copy() };
  }

  pushAll(column: SealedColumn): number {
    assert(column.kind === "numbers", `a column of numbers got ${column.kind}`);
    this.#values.pushAll(column.values);
    return column.values.byteLength;
  }

  pushFrom(other: ColumnBuffer, from: number): number {
    assert(other instanceof Numbers, "a column of numbers got another kind");
    this.#values.pushFrom(other.#values, from);
    return 8 * (other.#values.length - from);
  }

  seal(): SealedColumn {
    return { kind: "numbers", values: this.#values.seal() };
  }
}

class Flags implements ColumnBuffer {
  readonly #values = new Growing((length) => new Uint8Array(length));

  push(value: unknown): number {
    this.#values.push(value === true ? 1 : 0);
    return 1;
  }

  copy(): SealedColumn {
    return { kind: "flags", values: this.#values.copy() };
  }

  pushAll(column: SealedColumn): number {
    assert(column.kind === "flags", `a column of flags got ${column.kind}`);
    this.#values.pushAll(column.values);
    return column.values.byteLength;
  }

  pushFrom(other: ColumnBuffer, from: number): number {
    assert(other instanceof Flags, "a column of flags got another kind");
    this.#values.pushFrom(other.#values, from);
    return other.#values.length - from;
  }

  seal(): SealedColumn {
    return { kind: "flags", values: this.#values.seal() };
  }
}

class Texts implements ColumnBuffer {
  readonly #codes = counts();
  #codeOf = new Map<string, number>();
  #values: string[] = [];
  #lastText: string | undefined;
  #lastCode = 0;

  push(value: unknown): number {
    this.#codes.push(value === undefined ? 0 : this.#code(value as string));
    return 4;
  }

  copy(): SealedColumn {
    return { kind: "texts", codes: this.#codes.copy(), values: [...this.#codeOf.keys()] };
  }

  pushAll(column: SealedColumn): number {
    assert(column.kind === "texts", `a column of texts got ${column.kind}`);
    const { codes, values } = column;
    // A few rows may come with a large dictionary: then only the texts that occur are looked at.
    const known = values.length <= codes.length ? new Uint32Array(values.length + 1) : undefined;
    for (let i = 0; i < codes.length; i++) {
      const code = codes[i]!;
      let own = code === 0 ? 0 : known?.[code] ?? 0;
      if (own === 0 && code !== 0) {
        own = this.#code(values[code - 1]!);
        if (known !== undefined) known[code] = own;
      }
      this.#codes.push(own);
    }
    return codes.byteLength;
  }

  pushFrom(other: ColumnBuffer, from: number): number {
    assert(other instanceof Texts, "a column of texts got another kind");
    for (let i = from; i < other.#codes.length; i++) {
      const code = other.#codes.at(i);
      this.#codes.push(code === 0 ? 0 : this.#code(other.#values[code - 1]!));
    }
    return 4 * (other.#codes.length - from);
  }

  seal(): SealedColumn {
    const sealed = { kind: "texts", codes: this.#codes.seal(), values: this.#values } as const;
    this.#codeOf = new Map();
    this.#values = [];
    this.#lastText = undefined;
    return sealed;
  }

  #code(text: string): number {
    if (text === this.#lastText) return this.#lastCode;
    let code = this.#codeOf.get(text);
    if (code === undefined) this.#codeOf.set(text, code = this.#values.push(text));
    this.#lastText = text;
    this.#lastCode = code;
    return code;
  }
}

class Levels implements ColumnBuffer {
  readonly #counts = counts();
  readonly #prices = doubles();
  readonly #sizes = doubles();

  push(value: unknown): number {
    const levels = value as readonly Level[];
    this.#counts.push(levels.length);
    for (const [price, size] of levels) {
      this.#prices.push(price);
      this.#sizes.push(size);
    }
    return 4 + 16 * levels.length;
  }

  copy(): SealedColumn {
    return { kind: "levels", counts: this.#counts.copy(), prices: this.#prices.copy(), sizes: this.#sizes.copy() };
  }

  pushAll(column: SealedColumn): number {
    assert(column.kind === "levels", `a column of levels got ${column.kind}`);
    this.#counts.pushAll(column.counts);
    this.#prices.pushAll(column.prices);
    this.#sizes.pushAll(column.sizes);
    return column.counts.byteLength + 2 * column.prices.byteLength;
  }

  pushFrom(other: ColumnBuffer, from: number): number {
    assert(other instanceof Levels, "a column of levels got another kind");
    const levels = other.#counts.sumFrom(from);
    this.#counts.pushFrom(other.#counts, from);
    this.#prices.pushFrom(other.#prices, other.#prices.length - levels);
    this.#sizes.pushFrom(other.#sizes, other.#sizes.length - levels);
    return 4 * (other.#counts.length - from) + 16 * levels;
  }

  seal(): SealedColumn {
    return { kind: "levels", counts: this.#counts.seal(), prices: this.#prices.seal(), sizes: this.#sizes.seal() };
  }
}
