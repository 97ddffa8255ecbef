import type { ColumnKind, Level } from "../../events/event_type.ts";
import type { SealedColumn } from "./table.ts";

/** One column of rows that are not yet sealed. */
export interface ColumnBuffer {
  /** A field of an event; undefined is null. Returns the bytes it takes. */
  push(value: unknown): number;
  /** What was pushed, copied; it stays. */
  copy(): SealedColumn;
  /** What was pushed, copied; the buffer is empty afterwards. */
  seal(): SealedColumn;
}

const ROWS_INITIAL = 16; // thousands of quiet streams each have a buffer
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

  push(value: number): void {
    if (this.#length === this.#array.length) this.#grow();
    this.#array[this.#length++] = value;
  }

  copy(): A {
    return this.#array.slice(0, this.#length) as A;
  }

  seal(): A {
    const sealed = this.copy();
    this.#length = 0;
    if (this.#array.length > ROWS_KEPT_MAX) this.#array = this.#make(ROWS_INITIAL);
    return sealed;
  }

  #grow(): void {
    const grown = this.#make(2 * this.#array.length);
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

  seal(): SealedColumn {
    return { kind: "flags", values: this.#values.seal() };
  }
}

class Texts implements ColumnBuffer {
  readonly #codes = counts();
  #codeOf = new Map<string, number>();
  #lastText: string | undefined;
  #lastCode = 0;

  push(value: unknown): number {
    this.#codes.push(value === undefined ? 0 : this.#code(value as string));
    return 4;
  }

  copy(): SealedColumn {
    return { kind: "texts", codes: this.#codes.copy(), values: [...this.#codeOf.keys()] };
  }

  seal(): SealedColumn {
    const sealed = { kind: "texts", codes: this.#codes.seal(), values: [...this.#codeOf.keys()] } as const;
    this.#codeOf = new Map();
    this.#lastText = undefined;
    return sealed;
  }

  #code(text: string): number {
    if (text === this.#lastText) return this.#lastCode;
    let code = this.#codeOf.get(text);
    if (code === undefined) this.#codeOf.set(text, code = this.#codeOf.size + 1);
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

  seal(): SealedColumn {
    return { kind: "levels", counts: this.#counts.seal(), prices: this.#prices.seal(), sizes: this.#sizes.seal() };
  }
}
