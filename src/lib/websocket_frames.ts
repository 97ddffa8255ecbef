import { concatBytes } from "./bytes.ts";

/** RFC 6455 frames, both ways, so that later work can break them on purpose. */
export const OPCODE = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const;

export interface Frame {
  readonly isFinal: boolean;
  readonly opcode: number;
  readonly payload: Uint8Array;
}

/** What ends a connection, with the close code that says why. */
export class ProtocolError extends Error {
  override readonly name = "ProtocolError";
  readonly code: number;
  constructor(code: number, message: string) {
    super(message);
    this.code = code;
  }
}

/** One frame; a client's are masked. */
export function frameBytes(
  opcode: number,
  payload: Uint8Array,
  options: { readonly isFinal?: boolean; readonly mask?: Uint8Array } = {},
): Uint8Array {
  const { length } = payload;
  const { mask } = options;
  const lengthBytes = length < 126 ? 0 : length < 65_536 ? 2 : 8;
  const at = 2 + lengthBytes + (mask === undefined ? 0 : 4);
  const bytes = new Uint8Array(at + length);
  bytes[0] = ((options.isFinal ?? true) ? 0x80 : 0) | opcode;
  bytes[1] = (mask === undefined ? 0 : 0x80) | (lengthBytes === 0 ? length : lengthBytes === 2 ? 126 : 127);
  if (lengthBytes === 2) {
    bytes[2] = length >>> 8;
    bytes[3] = length;
  } else if (lengthBytes === 8) new DataView(bytes.buffer).setBigUint64(2, BigInt(length));
  bytes.set(payload, at);
  if (mask !== undefined) {
    bytes.set(mask, at - 4);
    for (let i = 0; i < length; i++) bytes[at + i]! ^= mask[i & 3]!;
  }
  return bytes;
}

/** Each text, in UTF-8, a frame of a server's, one behind the other; much cheaper than a frame at a time. */
export function textFrames(texts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(texts.reduce((sum, { length }) => sum + headBytes(length) + length, 0));
  let at = 0;
  for (const text of texts) {
    const { length } = text;
    const head = headBytes(length);
    bytes[at] = 0x80 | OPCODE.text;
    bytes[at + 1] = head === 2 ? length : head === 4 ? 126 : 127;
    if (head === 4) {
      bytes[at + 2] = length >>> 8;
      bytes[at + 3] = length;
    } else if (head === 10) new DataView(bytes.buffer).setBigUint64(at + 2, BigInt(length));
    bytes.set(text, at + head);
    at += head + length;
  }
  return bytes;
}

/** Of an unmasked frame. */
function headBytes(length: number): number {
  return length < 126 ? 2 : length < 65_536 ? 4 : 10;
}

export function closePayload(code: number, reason: string): Uint8Array {
  const text = new TextEncoder().encode(reason).subarray(0, 123);
  const bytes = new Uint8Array(2 + text.length);
  new DataView(bytes.buffer).setUint16(0, code);
  bytes.set(text, 2);
  return bytes;
}

export interface FrameParserOptions {
  readonly payloadBytesMax: number;
  /** What a server demands of a client and the other way round. */
  readonly isMasked: boolean;
}

/** Bytes in any pieces into frames. Throws ProtocolError for what no peer may send. */
export class FrameParser {
  readonly #options: FrameParserOptions;
  #bytes: Uint8Array = new Uint8Array(0);

  constructor(options: FrameParserOptions) {
    this.#options = options;
  }

  push(bytes: Uint8Array, heard: (frame: Frame) => void): void {
    this.#bytes = this.#bytes.length === 0 ? bytes : concatBytes([this.#bytes, bytes]);
    for (let frame = this.#take(); frame !== undefined; frame = this.#take()) heard(frame);
  }

  #take(): Frame | undefined {
    const bytes = this.#bytes;
    if (bytes.length < 2) return undefined;
    const [first, second] = [bytes[0]!, bytes[1]!];
    const opcode = first & 15;
    const short = second & 127;
    const isMasked = second >= 128;
    if ((first & 0x70) !== 0) throw new ProtocolError(1002, "reserved bits are set: no extension was agreed");
    if (isMasked !== this.#options.isMasked) throw new ProtocolError(1002, isMasked ? "frame is masked" : "frame is not masked");
    if (opcode >= 8 && (short > 125 || first < 128)) throw new ProtocolError(1002, "control frame is long or in pieces");
    if (opcode > 10 || (opcode > 2 && opcode < 8)) throw new ProtocolError(1002, `unknown opcode ${opcode}`);
    const lengthBytes = short < 126 ? 0 : short === 126 ? 2 : 8;
    const at = 2 + lengthBytes + (isMasked ? 4 : 0);
    if (bytes.length < at) return undefined;
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    const length = lengthBytes === 0 ? short : lengthBytes === 2 ? view.getUint16(2) : Number(view.getBigUint64(2));
    if (length > this.#options.payloadBytesMax) throw new ProtocolError(1009, `frame of ${length} bytes`);
    if (bytes.length < at + length) return undefined;
    const payload = bytes.slice(at, at + length);
    if (isMasked) { for (let i = 0; i < length; i++) payload[i]! ^= bytes[at - 4 + (i & 3)]!; }
    this.#bytes = bytes.subarray(at + length);
    return { isFinal: first >= 128, opcode, payload };
  }
}
