import type { Bytes } from "../storage/parquet/bytes.ts";

const TEXTS_MAX = 65_536; // paths and symbols of several exchanges

/** Writes texts, length first; the same few thousand, many times a second. */
export class TextCache {
  readonly #encoder = new TextEncoder();
  readonly #known = new Map<string, Uint8Array>();

  write(out: Bytes, text: string): void {
    let bytes = this.#known.get(text);
    if (bytes === undefined) {
      if (this.#known.size >= TEXTS_MAX) this.#known.clear();
      this.#known.set(text, bytes = this.#encoder.encode(text));
    }
    out.varint(bytes.length);
    out.append(bytes);
  }
}
