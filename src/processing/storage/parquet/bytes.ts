/** Bytes that are added at the end; grows by doubling and is used again. */
export class Bytes {
  #bytes: Uint8Array<ArrayBuffer>;
  #length = 0;

  constructor(capacity = 1_024) {
    this.#bytes = new Uint8Array(capacity);
  }

  get length(): number {
    return this.#length;
  }

  /** A view; valid until the next write. */
  view(): Uint8Array<ArrayBuffer> {
    return this.#bytes.subarray(0, this.#length);
  }

  clear(): void {
    this.#length = 0;
  }

  byte(value: number): void {
    if (this.#length === this.#bytes.length) this.#grow(1);
    this.#bytes[this.#length++] = value;
  }

  /** A count below 2^53. */
  varint(value: number): void {
    while (value >= 128) {
      this.byte(value % 128 + 128);
      value = Math.floor(value / 128);
    }
    this.byte(value);
  }

  /** A signed integer of less than 2^52. */
  zigzag(value: number): void {
    this.varint(value < 0 ? -2 * value - 1 : 2 * value);
  }

  uint32(value: number): void {
    this.byte(value & 0xff);
    this.byte((value >>> 8) & 0xff);
    this.byte((value >>> 16) & 0xff);
    this.byte(value >>> 24);
  }

  int64(value: bigint): void {
    const { bytes, from } = this.reserve(8);
    new DataView(bytes.buffer).setBigInt64(from, value, true);
  }

  double(value: number): void {
    const { bytes, from } = this.reserve(8);
    new DataView(bytes.buffer).setFloat64(from, value, true);
  }

  /** UTF-8, its length as a varint first. */
  text(text: string): void {
    if (text.length >= 128 || !isAscii(text)) {
      const bytes = new TextEncoder().encode(text);
      this.varint(bytes.length);
      return this.append(bytes);
    }
    const { bytes, from } = this.reserve(1 + text.length);
    bytes[from] = text.length;
    for (let i = 0; i < text.length; i++) bytes[from + 1 + i] = text.charCodeAt(i);
  }

  append(bytes: Uint8Array): void {
    if (this.#length + bytes.length > this.#bytes.length) this.#grow(bytes.length);
    this.#bytes.set(bytes, this.#length);
    this.#length += bytes.length;
  }

  /** Room for `count` more bytes, to be filled by index; counts as written. */
  reserve(count: number): { readonly bytes: Uint8Array<ArrayBuffer>; readonly from: number } {
    if (this.#length + count > this.#bytes.length) this.#grow(count);
    const from = this.#length;
    this.#length += count;
    return { bytes: this.#bytes, from };
  }

  #grow(count: number): void {
    const grown = new Uint8Array(Math.max(this.#length + count, 2 * this.#bytes.length));
    grown.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = grown;
  }
}

function isAscii(text: string): boolean {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) >= 128) return false;
  return true;
}
