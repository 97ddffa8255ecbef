import { concatBytes } from "../lib/bytes.ts";

/**
 * Walks zstd frames by their headers (RFC 8878, 3.1) without decoding them. Both runtimes' decoders accept a truncated frame and bytes
 * after one, and Deno's stops silently at the second frame: where a frame ends is therefore ours to know.
 */
export interface ZstdHeader {
  readonly bytes: number;
  readonly contentBytes: number | undefined;
  readonly hasChecksum: boolean;
}

const MAGIC = 0xfd2fb528;
const SKIPPABLE_MAGIC = 0x184d2a50;
const HEADER_BYTES_MAX = 18;
const SINGLE_SEGMENT = 0x20;
const HAS_CHECKSUM = 0x04;
const SIZE_OF_8_BYTES = 0xc0;
const RESERVED_BITS = 0b0001_1000; // not read by decoders: a flip there would go unnoticed

/** The header at the start of `bytes`, or undefined when there are not enough of them. Throws for what is no frame. */
export function zstdHeader(bytes: Uint8Array): ZstdHeader | undefined {
  if (bytes.length < 5) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (view.getUint32(0, true) !== MAGIC) throw new Error("not a zstd frame");
  const descriptor = bytes[4]!;
  if ((descriptor & RESERVED_BITS) !== 0) throw new Error("zstd frame header has reserved bits set");
  if ((descriptor & 3) !== 0) throw new Error("zstd frame needs a dictionary");
  const isSingleSegment = (descriptor & SINGLE_SEGMENT) !== 0;
  const sizeBytes = [isSingleSegment ? 1 : 0, 2, 4, 8][descriptor >> 6]!;
  const sizeAt = isSingleSegment ? 5 : 6;
  if (bytes.length < sizeAt + sizeBytes) return undefined;
  const contentBytes = sizeBytes === 0
    ? undefined
    : sizeBytes === 1
    ? view.getUint8(sizeAt)
    : sizeBytes === 2
    ? view.getUint16(sizeAt, true) + 256
    : sizeBytes === 4
    ? view.getUint32(sizeAt, true)
    : Number(view.getBigUint64(sizeAt, true));
  return { bytes: sizeAt + sizeBytes, contentBytes, hasChecksum: (descriptor & HAS_CHECKSUM) !== 0 };
}

/**
 * The frame with its content size in the header, where the encoder left it out. As a single segment, whose window is its content:
 * a window of its own would be bits that no check covers.
 */
export function withContentSize(frame: Uint8Array, contentBytes: number): Uint8Array {
  if (zstdHeader(frame)?.contentBytes !== undefined) return frame;
  const sized = new Uint8Array(frame.length + 7);
  sized.set(frame.subarray(0, 5)); // then comes the window's byte, which goes
  sized[4]! |= SINGLE_SEGMENT | SIZE_OF_8_BYTES;
  new DataView(sized.buffer).setBigUint64(5, BigInt(contentBytes), true);
  sized.set(frame.subarray(6), 13);
  return sized;
}

/** A frame without a content checksum, with that one. */
export function withChecksum(frame: Uint8Array, checksum: number): Uint8Array {
  const checked = new Uint8Array(frame.length + 4);
  checked.set(frame);
  checked[4]! |= HAS_CHECKSUM;
  new DataView(checked.buffer).setUint32(frame.length, checksum, true);
  return checked;
}

/** Throws for anything but one whole frame that says, where it says so, that its content is so long. */
export function assertOneFrame(bytes: Uint8Array, length: number): void {
  const header = zstdHeader(bytes);
  if (header === undefined) throw new Error("zstd frame is truncated");
  const { contentBytes, hasChecksum } = header;
  if (contentBytes !== undefined && contentBytes !== length) throw new Error(`zstd frame announces ${contentBytes} bytes, not ${length}`);
  for (let at = header.bytes; at + 3 <= bytes.length;) {
    const block = bytes[at]! | bytes[at + 1]! << 8 | bytes[at + 2]! << 16;
    const isRepeat = (block >> 1 & 3) === 1; // one byte stands for the whole block
    at += 3 + (isRepeat ? 1 : block >> 3);
    if ((block & 1) === 0) continue;
    if (at + (hasChecksum ? 4 : 0) === bytes.length) return;
    break;
  }
  throw new Error("zstd frame is truncated, or bytes follow it");
}

/** Cuts a stream of bytes into frames: `push` calls `piece` with the bytes of one frame in order, `isLast` at each frame's end. */
export class ZstdFrames {
  #pending: Uint8Array = new Uint8Array(0);
  #need: "header" | "block" | "end" = "header";
  /** Bytes to hand on before the next header or block header. */
  #owed = 0;
  #hasChecksum = false;
  #isSkipping = false;

  push(chunk: Uint8Array, piece: (bytes: Uint8Array, isLast: boolean) => void): void {
    let bytes = this.#pending.length === 0 ? chunk : concatBytes([this.#pending, chunk]);
    for (;;) {
      const count = Math.min(this.#owed, bytes.length);
      this.#owed -= count;
      const isLast = this.#need === "end" && this.#owed === 0;
      if ((count > 0 || isLast) && !this.#isSkipping) piece(bytes.subarray(0, count), isLast);
      bytes = bytes.subarray(count);
      if (isLast) this.#need = "header";
      if (this.#owed > 0 || !this.#next(bytes)) break;
    }
    this.#pending = bytes.slice();
  }

  /** True between frames: the only place where a stream may end. */
  isWhole(): boolean {
    return this.#need === "header" && this.#pending.length === 0;
  }

  #next(bytes: Uint8Array): boolean {
    return this.#need === "header" ? this.#header(bytes) : this.#block(bytes);
  }

  #header(bytes: Uint8Array): boolean {
    if (bytes.length < 8) return bytes.length >= 5 && !isSkippable(bytes) && this.#frameHeader(bytes);
    if (!isSkippable(bytes)) return this.#frameHeader(bytes);
    this.#isSkipping = true;
    this.#owed = 8 + new DataView(bytes.buffer, bytes.byteOffset).getUint32(4, true);
    this.#need = "end";
    return true;
  }

  #frameHeader(bytes: Uint8Array): boolean {
    const header = zstdHeader(bytes.subarray(0, HEADER_BYTES_MAX));
    if (header === undefined) return false;
    this.#isSkipping = false;
    this.#hasChecksum = header.hasChecksum;
    this.#owed = header.bytes;
    this.#need = "block";
    return true;
  }

  #block(bytes: Uint8Array): boolean {
    if (bytes.length < 3) return false;
    const header = bytes[0]! | bytes[1]! << 8 | bytes[2]! << 16;
    const isRepeat = (header >> 1 & 3) === 1; // one byte stands for the whole block
    this.#owed = 3 + (isRepeat ? 1 : header >> 3);
    if ((header & 1) !== 0) {
      this.#need = "end";
      if (this.#hasChecksum) this.#owed += 4;
    }
    return true;
  }
}

function isSkippable(bytes: Uint8Array): boolean {
  return ((new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true) & 0xfffffff0) >>> 0) === SKIPPABLE_MAGIC;
}
