import { concatBytes } from "../../lib/bytes.ts";
import type { Cancel, TcpConnection, Timers } from "../../runtime/runtime.ts";
import type { VenueClient, VenuePeer } from "./venue_connection.ts";
import { closePayload, type Frame, frameBytes, FrameParser, OPCODE, ProtocolError } from "../../lib/websocket_frames.ts";

const MESSAGE_BYTES_MAX = 64 * 1024; // sixteen times what the venue answers
const CLOSE_WAIT_MS = 1_000; // for the client's close frame; past it the connection is reset
const NO_CODE = 1005; // RFC 6455, section 7.4.1: stands for a close frame without a code
const WRITE_BYTES = 64 * 1024; // gathered before a write: a system call a frame is dear

/** The server's end of one WebSocket over TCP. */
export class WebSocketPeer implements VenuePeer {
  readonly #tcp: TcpConnection;
  readonly #timers: Timers;
  readonly #encode: (text: string) => Uint8Array;
  readonly #parser = new FrameParser({ payloadBytesMax: MESSAGE_BYTES_MAX, isMasked: true });
  #client: VenueClient | undefined;
  #pieces: Uint8Array[] = [];
  #piecesBytes = 0;
  #waiting: Uint8Array[] = [];
  #waitingBytes = 0;
  #willFlush = false;
  #closing: "venue" | "client" | undefined;
  #deafTo: "nothing" | "close" | "everything" = "nothing";
  #isOver = false;
  #cancelClose: Cancel = () => {};

  /** `encode` gives a text frame's bytes; it may give the same bytes for the same text. */
  constructor(tcp: TcpConnection, timers: Timers, encode: (text: string) => Uint8Array) {
    this.#tcp = tcp;
    this.#timers = timers;
    this.#encode = encode;
  }

  serve(client: VenueClient): void {
    this.#client = client;
  }

  // ── towards the client ─────────────────────────────────────────────────────────────────────────────────────────────────

  send(text: string): void {
    if (this.#speaks()) this.write(this.#encode(text));
  }

  ping(payload: Uint8Array): void {
    if (this.#speaks()) this.write(frameBytes(OPCODE.ping, payload));
  }

  close(code: number, reason: string): void {
    if (this.#deafTo === "everything") return this.reset();
    if (this.#closing !== undefined || this.#isOver) return;
    this.#closing = "venue";
    this.write(frameBytes(OPCODE.close, code === NO_CODE ? new Uint8Array(0) : closePayload(code, reason)));
    this.#cancelClose = this.#timers.after(CLOSE_WAIT_MS, () => this.reset());
  }

  reset(): void {
    if (this.#isOver) return;
    this.#over("cut", "venue");
    this.#tcp.reset();
  }

  deafen(to: "close" | "everything"): void {
    if (to === "everything") this.#flush();
    this.#deafTo = to;
  }

  bufferedBytes(): number {
    return this.#waitingBytes + this.#tcp.bufferedBytes();
  }

  /** Bytes as they are: what breaks the protocol on purpose comes in here too. */
  write(bytes: Uint8Array): void {
    this.#waiting.push(bytes);
    this.#waitingBytes += bytes.length;
    if (this.#waitingBytes >= WRITE_BYTES) return this.#flush();
    if (this.#willFlush) return;
    this.#willFlush = true;
    this.#timers.turn(() => {
      this.#willFlush = false;
      this.#flush();
    });
  }

  // ── from the client ────────────────────────────────────────────────────────────────────────────────────────────────────

  data(bytes: Uint8Array): void {
    if (this.#isOver || this.#deafTo === "everything") return;
    try {
      this.#parser.push(bytes, (frame) => this.#heard(frame));
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      if (this.#client === undefined) this.close(error.code, error.message);
      else this.#client.failed(error.code, error.message);
    }
  }

  /** TCP is gone. */
  gone(): void {
    if (!this.#isOver) this.#over("cut", this.#closing ?? "client");
  }

  #heard(frame: Frame): void {
    if (this.#isOver || this.#closing === "client") return;
    switch (frame.opcode) {
      case OPCODE.ping:
        if (this.#closing === undefined) this.write(frameBytes(OPCODE.pong, frame.payload));
        return this.#client?.ping(frame.payload);
      case OPCODE.pong:
        return this.#client?.pong(frame.payload);
      case OPCODE.close:
        return this.#closeHeard(frame.payload);
      default:
        return this.#message(frame);
    }
  }

  #message({ opcode, payload, isFinal }: Frame): void {
    if ((opcode === OPCODE.continuation) !== (this.#pieces.length > 0)) throw new ProtocolError(1002, "message in disorder");
    this.#pieces.push(payload);
    this.#piecesBytes += payload.length;
    if (this.#piecesBytes > MESSAGE_BYTES_MAX) throw new ProtocolError(1009, "message too long");
    if (!isFinal) return;
    const pieces = this.#pieces;
    this.#pieces = [];
    this.#piecesBytes = 0;
    let text: string;
    try {
      text = new TextDecoder("utf-8", { fatal: true }).decode(concatBytes(pieces));
    } catch {
      throw new ProtocolError(1007, "text is no UTF-8");
    }
    this.#client?.text(text);
  }

  #closeHeard(payload: Uint8Array): void {
    if (this.#deafTo === "close" && this.#closing === undefined) return;
    const by = this.#closing ?? "client";
    if (this.#closing === undefined) {
      this.#closing = "client";
      this.write(frameBytes(OPCODE.close, payload));
    }
    this.#flush();
    this.#over("handshake", by);
    this.#tcp.end();
  }

  #speaks(): boolean {
    return this.#closing === undefined && !this.#isOver && this.#deafTo !== "everything";
  }

  #over(how: "handshake" | "cut", by: "venue" | "client"): void {
    this.#isOver = true;
    this.#cancelClose();
    this.#client?.closed(how, by);
  }

  #flush(): void {
    if (this.#waiting.length === 0) return;
    const bytes = this.#waiting.length === 1 ? this.#waiting[0]! : concatBytes(this.#waiting);
    this.#waiting = [];
    this.#waitingBytes = 0;
    this.#tcp.write(bytes);
  }
}
