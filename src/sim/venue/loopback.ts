import { sha1Base64 } from "../../lib/sha1.ts";
import type { Cancel, Runtime, TcpConnection, TcpHandler, TcpServer } from "../../runtime/runtime.ts";
import { answerBytes, HttpError, type HttpRequestHead, HttpRequestParser, switchingBytes } from "./http_requests.ts";
import type { Venue, VenueAnswer } from "./venue.ts";
import { frameBytes, OPCODE } from "../../lib/websocket_frames.ts";
import { WebSocketPeer } from "./websocket_peer.ts";

const HANDSHAKE_GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"; // RFC 6455, section 1.3
const CONNECTIONS_MAX = 4_096; // far above what a venue's own limits let through
const ANSWERS_WAITING_MAX = 64; // requests sent before the answers came; clients that do so at all send a few

export interface LoopbackOptions {
  readonly port: number;
  /** Looks at a request before the venue does; undefined leaves it to the venue. */
  readonly intercept?: (request: HttpRequestHead) => VenueAnswer | undefined;
}

/** A venue on 127.0.0.1: HTTP/1.1 and RFC 6455 on one port, written out here so that a fault can break either. */
export function listenOnLoopback(runtime: Runtime, venue: Venue, options: LoopbackOptions): Promise<TcpServer> {
  const encode = textEncoderOfLast();
  let open = 0;
  return runtime.tcp.listen({ host: "127.0.0.1", port: options.port }, (tcp) => {
    open++;
    if (open > CONNECTIONS_MAX) tcp.reset();
    const client = new LoopbackClient(runtime, venue, tcp, encode, options.intercept);
    return {
      data: (bytes) => client.data(bytes),
      closed: () => {
        open--;
        client.closed();
      },
    };
  });
}

class LoopbackClient implements TcpHandler {
  readonly #runtime: Runtime;
  readonly #venue: Venue;
  readonly #tcp: TcpConnection;
  readonly #address: string;
  readonly #encode: (text: string) => Uint8Array;
  readonly #intercept: LoopbackOptions["intercept"];
  readonly #parser = new HttpRequestParser();
  /** In the order of their requests; the first one may be late on purpose. */
  readonly #answers: { readonly answer: VenueAnswer; readonly isLast: boolean }[] = [];
  #cancelLate: Cancel = () => {};
  #socket: WebSocketPeer | undefined;
  #isOver = false;

  constructor(
    runtime: Runtime,
    venue: Venue,
    tcp: TcpConnection,
    encode: (text: string) => Uint8Array,
    intercept: LoopbackOptions["intercept"],
  ) {
    this.#runtime = runtime;
    this.#venue = venue;
    this.#tcp = tcp;
    this.#address = tcp.peer.slice(0, tcp.peer.lastIndexOf(":"));
    this.#encode = encode;
    this.#intercept = intercept;
  }

  data(bytes: Uint8Array): void {
    if (this.#isOver) return;
    if (this.#socket !== undefined) return this.#socket.data(bytes);
    try {
      this.#parser.push(bytes, (head) => this.#heard(head));
    } catch (error) {
      if (!(error instanceof HttpError)) throw error;
      this.#answer({ status: error.status, headers: {}, body: error.message }, true);
    }
  }

  closed(): void {
    this.#isOver = true;
    this.#cancelLate();
    this.#socket?.gone();
  }

  #heard(head: HttpRequestHead): boolean {
    if (head.headers["upgrade"]?.toLowerCase() === "websocket") {
      this.#upgrade(head);
      return false;
    }
    const isLast = head.headers["connection"]?.toLowerCase() === "close";
    this.#answer(this.#intercept?.(head) ?? this.#venue.request(head, this.#address), isLast);
    return !isLast;
  }

  #upgrade({ target, headers }: HttpRequestHead): void {
    const key = headers["sec-websocket-key"];
    if (key === undefined || headers["sec-websocket-version"] !== "13") {
      return this.#answer({ status: 400, headers: {}, body: "Bad Request" }, true);
    }
    const socket = new WebSocketPeer(this.#tcp, this.#runtime.timers, this.#encode);
    const connection = this.#venue.connect(socket, target, this.#address);
    if ("refuse" in connection) {
      const retry = connection.retryAfterMs === undefined ? {} : { "retry-after": String(Math.ceil(connection.retryAfterMs / 1_000)) };
      return this.#answer({ status: connection.refuse, headers: retry, body: connection.reason }, true);
    }
    socket.serve(connection);
    this.#socket = socket;
    this.#tcp.write(switchingBytes({
      "upgrade": "websocket",
      "connection": "Upgrade",
      "sec-websocket-accept": sha1Base64(new TextEncoder().encode(key + HANDSHAKE_GUID)),
    }));
    const rest = this.#parser.rest();
    if (rest.length > 0) socket.data(rest);
  }

  #answer(answer: VenueAnswer, isLast: boolean): void {
    this.#answers.push({ answer, isLast });
    if (this.#answers.length > ANSWERS_WAITING_MAX) return this.#tcp.reset();
    if (this.#answers.length === 1) this.#answerFirst();
  }

  #answerFirst(): void {
    const [first] = this.#answers;
    if (first === undefined || this.#isOver) return;
    const go = () => {
      this.#answers.shift();
      this.#write(first.answer, first.isLast);
      this.#answerFirst();
    };
    const { delayMs = 0 } = first.answer;
    if (delayMs === 0) go();
    else this.#cancelLate = this.#runtime.timers.after(delayMs, go);
  }

  #write({ status, headers, body, isCut = false }: VenueAnswer, isLast: boolean): void {
    const bytes = answerBytes(status, { ...headers, ...(isLast ? { connection: "close" } : {}) }, body);
    this.#tcp.write(isCut ? bytes.subarray(0, bytes.length - Math.ceil(body.length / 2)) : bytes);
    if (!isLast && !isCut) return;
    this.#isOver = true;
    this.#tcp.end();
  }
}

/** An event goes to all its connections one after the other: its bytes are made once. */
function textEncoderOfLast(): (text: string) => Uint8Array {
  const encoder = new TextEncoder();
  let lastText: string | undefined;
  let lastBytes = new Uint8Array(0) as Uint8Array;
  return (text) => {
    if (text !== lastText) {
      lastBytes = frameBytes(OPCODE.text, encoder.encode(text));
      lastText = text;
    }
    return lastBytes;
  };
}
