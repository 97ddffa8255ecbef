import { concatBytes } from "../../../lib/bytes.ts";
import { closePayload, type Frame, frameBytes, FrameParser, OPCODE, ProtocolError, textFrames } from "../../../lib/websocket_frames.ts";
import type { Cancel, TcpConnection, Timers } from "../../../runtime/runtime.ts";

export interface WebSocketHandler {
  /** A whole message, in order; undefined for a binary one, which nobody here reads. */
  message(text: string | undefined): void;
  /** The kernel took what was waiting. */
  drained(): void;
  /** Called exactly once. */
  closed(): void;
}

const MESSAGE_BYTES_MAX = 64 * 1024;
const PING_EVERY_MS = 20_000;
const UNREAD_BYTES_MAX = 1024 * 1024; // of a client that goes on talking: every pong and answer would pile up
const CLOSE_WAIT_MS = 1_000; // for the client's close frame; past it the connection is reset

/** The server's end of one WebSocket. Compression is never agreed on; a client that answers no ping is cut. */
export class WebSocketEnd {
  readonly #tcp: TcpConnection;
  readonly #timers: Timers;
  readonly #parser = new FrameParser({ payloadBytesMax: MESSAGE_BYTES_MAX, isMasked: true });
  readonly #pings: Cancel;
  #handler: WebSocketHandler | undefined;
  #pieces: Uint8Array[] = [];
  #isText = true;
  #wasHeard = true;
  #isBroken = false;
  #isClosing = false;
  #isOver = false;
  #cancelClose: Cancel = () => {};

  constructor(tcp: TcpConnection, timers: Timers) {
    this.#tcp = tcp;
    this.#timers = timers;
    this.#pings = timers.every(PING_EVERY_MS, () => this.#ping());
  }

  serve(handler: WebSocketHandler): void {
    this.#handler = handler;
    if (this.#isOver) handler.closed();
  }

  /** Each a text message in UTF-8, all of them in one write. */
  send(messages: readonly Uint8Array[]): void {
    if (this.#isClosing || this.#isOver || messages.length === 0) return;
    this.#tcp.write(textFrames(messages));
  }

  /** Bytes sent that the kernel has not taken yet. */
  bufferedBytes(): number {
    return this.#tcp.bufferedBytes();
  }

  close(code: number, reason: string): void {
    if (this.#isClosing || this.#isOver) return;
    this.#isClosing = true;
    this.#tcp.write(frameBytes(OPCODE.close, closePayload(code, reason)));
    this.#cancelClose = this.#timers.after(CLOSE_WAIT_MS, () => this.#tcp.reset());
    this.#end();
  }

  // ── from the connection ────────────────────────────────────────────────────────────────────────────────────────────────

  data(bytes: Uint8Array): void {
    if (this.#isBroken) return; // where its next frame would begin is not known
    this.#wasHeard = true;
    if (this.#tcp.bufferedBytes() > UNREAD_BYTES_MAX) return this.#tcp.reset();
    try {
      this.#parser.push(bytes, (frame) => this.#heard(frame));
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      this.#isBroken = true;
      this.close(error.code, error.message);
    }
  }

  drained(): void {
    if (!this.#isOver) this.#handler?.drained();
  }

  /** TCP is gone. */
  gone(): void {
    this.#cancelClose();
    this.#end();
  }

  #heard({ opcode, payload, isFinal }: Frame): void {
    switch (opcode) {
      case OPCODE.ping:
        if (!this.#isClosing) this.#tcp.write(frameBytes(OPCODE.pong, payload));
        return;
      case OPCODE.pong:
        return;
      case OPCODE.close:
        return this.#closeHeard(payload);
      default:
        if (!this.#isClosing) this.#piece(opcode, payload, isFinal);
    }
  }

  #piece(opcode: number, payload: Uint8Array, isFinal: boolean): void {
    if ((opcode === OPCODE.continuation) !== (this.#pieces.length > 0)) throw new ProtocolError(1002, "message in disorder");
    if (opcode !== OPCODE.continuation) this.#isText = opcode === OPCODE.text;
    this.#pieces.push(payload);
    if (this.#pieces.reduce((sum, { length }) => sum + length, 0) > MESSAGE_BYTES_MAX || this.#pieces.length > MESSAGE_BYTES_MAX / 64) {
      throw new ProtocolError(1009, "message too long");
    }
    if (!isFinal) return;
    const bytes = concatBytes(this.#pieces.splice(0));
    this.#handler?.message(this.#isText ? textOf(bytes) : undefined);
  }

  #closeHeard(payload: Uint8Array): void {
    if (!this.#isClosing) this.#tcp.write(frameBytes(OPCODE.close, payload.subarray(0, 2)));
    this.#isClosing = true;
    this.#cancelClose();
    this.#tcp.end();
    this.#end();
  }

  #ping(): void {
    if (!this.#wasHeard) return this.#tcp.reset();
    this.#wasHeard = false;
    this.#tcp.write(frameBytes(OPCODE.ping, new Uint8Array(0)));
  }

  #end(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#pings();
    this.#handler?.closed();
  }
}

function textOf(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw new ProtocolError(1007, "text is no UTF-8");
  }
}
