import { concatBytes } from "../../../lib/bytes.ts";
import { sha1Base64 } from "../../../lib/sha1.ts";
import type { Cancel, TcpConnection, TcpHandler, Timers } from "../../../runtime/runtime.ts";
import type { Answerer, Push, PushHandler, Upgrade } from "./exchange.ts";
import { errorAnswer } from "./json_answer.ts";
import { BadRequest, BODY_BYTES_MAX, endOfHead, HEAD_BYTES_MAX, parseHead, type RequestHead } from "./request_head.ts";
import { bodyless, chunkBytes, headBytes, LAST_CHUNK } from "./response_bytes.ts";
import { WebSocketEnd } from "./web_socket_end.ts";

const HANDSHAKE_GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"; // RFC 6455, section 1.3
const REQUEST_MS = 10_000; // from a request's first byte, or from connecting, to its last
const IDLE_MS = 60_000; // between requests
const STALL_MS = 15_000; // a reader that takes nothing for so long is gone
const QUEUED_BYTES_MAX = 64 * 1024; // written and not yet taken by the kernel, before we wait
const NONE = new Uint8Array(0);

/** One client's TCP connection: requests one after the other, or a WebSocket once it asked for one. */
export class HttpConnection implements TcpHandler {
  readonly #tcp: TcpConnection;
  readonly #timers: Timers;
  readonly #answerer: Answerer;
  readonly #address: string;
  #bytes: Uint8Array = NONE;
  #head: RequestHead | undefined;
  #state: "waiting" | "reading" | "answering" | "socket" | "over" = "reading";
  #deadline: Cancel;
  #socket: WebSocketEnd | undefined;
  #pushed: PushHandler | undefined;
  #drained: (() => void) | undefined;
  /** Ends what an answer's body still makes. */
  readonly #gone = new AbortController();

  constructor(tcp: TcpConnection, timers: Timers, answerer: Answerer) {
    this.#tcp = tcp;
    this.#timers = timers;
    this.#answerer = answerer;
    this.#address = tcp.peer.slice(0, tcp.peer.lastIndexOf(":"));
    this.#deadline = timers.after(REQUEST_MS, () => this.#late());
  }

  /** Between requests: the first to go when there are too many. */
  get isIdle(): boolean {
    return this.#state === "waiting";
  }

  data(bytes: Uint8Array): void {
    if (this.#socket !== undefined) return this.#socket.data(bytes);
    if (this.#state === "over") return;
    this.#bytes = this.#bytes.length === 0 ? bytes : concatBytes([this.#bytes, bytes]);
    if (this.#state === "answering") {
      // Sent ahead of its answer; whoever sends more than a request is none of ours.
      if (this.#bytes.length > HEAD_BYTES_MAX + BODY_BYTES_MAX) this.cut();
      return;
    }
    this.#read();
  }

  drained(): void {
    this.#socket?.drained();
    this.#pushed?.drained();
    this.#drained?.();
  }

  closed(): void {
    this.#over();
    this.#socket?.gone();
  }

  /** Ends it now, whatever is under way. */
  cut(): void {
    this.#over();
    this.#tcp.reset();
  }

  /** The server goes away: a WebSocket is told. */
  goAway(): void {
    this.#socket?.close(1001, "argus is stopping");
  }

  #read(): void {
    try {
      if (this.#state === "waiting") {
        this.#state = "reading";
        this.#waitFor(REQUEST_MS, () => this.#late());
      }
      this.#head ??= this.#takeHead();
      const head = this.#head;
      if (head === undefined || this.#bytes.length < head.bodyBytes) return;
      const body = this.#bytes.slice(0, head.bodyBytes);
      this.#bytes = this.#bytes.subarray(head.bodyBytes);
      this.#head = undefined;
      this.#state = "answering";
      this.#deadline();
      void this.#answer(head, body).catch(() => this.cut());
    } catch (error) {
      if (!(error instanceof BadRequest)) throw error;
      this.#refuse(error.status, error.message);
    }
  }

  #takeHead(): RequestHead | undefined {
    const end = endOfHead(this.#bytes.subarray(0, HEAD_BYTES_MAX + 4));
    if (end < 0) {
      if (this.#bytes.length > HEAD_BYTES_MAX) throw new BadRequest(431, `the request's head is longer than ${HEAD_BYTES_MAX} bytes`);
      return undefined;
    }
    const head = parseHead(this.#bytes.subarray(0, end));
    this.#bytes = this.#bytes.subarray(end + 4);
    return head;
  }

  async #answer(head: RequestHead, body: Uint8Array): Promise<void> {
    const { method, target } = head;
    const at = target.indexOf("?");
    const path = at < 0 ? target : target.slice(0, at);
    const request = this.#requestOf(head, body);
    if (request === undefined) return this.#refuse(400, `the web knows no ${method} request like this`);
    const query = new URLSearchParams(at < 0 ? "" : target.slice(at + 1));
    const answer = await this.#answerer({ request, path, query, address: this.#address });
    if (this.#state !== "answering") { // nobody waits for it any more
      if (answer instanceof Response) await answer.body?.cancel();
      return;
    }
    if (answer instanceof Response) {
      const keepsAlive = await this.#write(head, answer);
      if (keepsAlive) this.#next();
      else this.#finish();
    } else if ("upgrade" in answer) this.#upgrade(head, answer);
    else this.#push(head, answer);
  }

  /** Undefined for what the web's Request refuses. Its URL has no name of the sender's: nobody looks at it. */
  #requestOf({ method, target, headers }: RequestHead, body: Uint8Array): Request | undefined {
    try {
      return new Request(`http://gateway${target}`, {
        method,
        headers: [...headers],
        signal: this.#gone.signal,
        ...(method === "GET" || method === "HEAD" ? {} : { body: body as Uint8Array<ArrayBuffer> }),
      });
    } catch {
      return undefined;
    }
  }

  #upgrade({ headers }: RequestHead, { upgrade, protocol }: Upgrade): void {
    const key = headers.get("sec-websocket-key") ?? "";
    const socket = new WebSocketEnd(this.#tcp, this.#timers);
    this.#socket = socket;
    this.#state = "socket";
    this.#tcp.write(headBytes(101, [
      ["upgrade", "websocket"],
      ["connection", "Upgrade"],
      ["sec-websocket-accept", sha1Base64(new TextEncoder().encode(key + HANDSHAKE_GUID))],
      ...(protocol === undefined ? [] : [["sec-websocket-protocol", protocol] as const]),
    ]));
    socket.serve(upgrade(socket));
    const rest = this.#bytes;
    this.#bytes = NONE;
    if (rest.length > 0) socket.data(rest);
  }

  #push({ method, takesChunks }: RequestHead, { response: { status, headers }, push }: Push): void {
    const chunked = takesChunks ? [["transfer-encoding", "chunked"] as const] : [];
    this.#tcp.write(headBytes(status, [...headers, ...chunked, ["connection", "close"]]));
    if (method === "HEAD") return this.#finish();
    const handler = push({
      write: (bytes) => this.#tcp.write(takesChunks ? chunkBytes(bytes) : bytes),
      bufferedBytes: () => this.#tcp.bufferedBytes(),
      end: () => {
        if (takesChunks) this.#tcp.write(LAST_CHUNK);
        this.#finish();
      },
      cut: () => this.cut(),
    });
    if (this.#state === "answering") this.#pushed = handler;
    else handler.closed();
  }

  /** Resolves with whether another request may follow; as slow as its reader. */
  async #write(head: RequestHead, response: Response): Promise<boolean> {
    const { status, headers, body } = response;
    const isEmpty = body === null || bodyless(status);
    const isChunked = !isEmpty && !headers.has("content-length");
    const keepsAlive = head.keepsAlive && (isEmpty || head.takesChunks);
    this.#tcp.write(headBytes(status, [
      ...headers,
      ...(isChunked && head.takesChunks ? [["transfer-encoding", "chunked"] as const] : []),
      ...(isEmpty && !bodyless(status) && !headers.has("content-length") ? [["content-length", "0"] as const] : []),
      ["connection", keepsAlive ? "keep-alive" : "close"],
    ]));
    if (isEmpty || head.method === "HEAD") {
      await body?.cancel();
      return keepsAlive && !(head.method === "HEAD" && isChunked);
    }
    const reader = body.getReader();
    const cancel = () => void reader.cancel().catch(() => {});
    this.#gone.signal.addEventListener("abort", cancel);
    for (;;) {
      const { done, value } = await reader.read();
      if (this.#state !== "answering") return false;
      if (done) break;
      if (value.length > 0) this.#tcp.write(isChunked && head.takesChunks ? chunkBytes(value) : value);
      await this.#room();
    }
    this.#gone.signal.removeEventListener("abort", cancel);
    if (isChunked && head.takesChunks) this.#tcp.write(LAST_CHUNK);
    return keepsAlive;
  }

  #room(): Promise<void> {
    if (this.#tcp.bufferedBytes() <= QUEUED_BYTES_MAX || this.#state !== "answering") return Promise.resolve();
    this.#waitFor(STALL_MS, () => this.cut());
    return new Promise((resolve) => {
      this.#drained = () => {
        this.#drained = undefined;
        this.#deadline();
        resolve();
      };
    });
  }

  #next(): void {
    this.#state = "waiting";
    this.#waitFor(IDLE_MS, () => this.#finish());
    if (this.#bytes.length > 0) this.#read();
  }

  #late(): void {
    if (this.#bytes.length === 0 && this.#head === undefined) return this.#finish(); // connected and never said a word
    this.#refuse(408, `the request did not come within ${REQUEST_MS / 1_000} s`);
  }

  #refuse(status: number, why: string): void {
    const answer = errorAnswer(status, "bad_request", `Cannot take the request: ${why}.`, "See docs/GATEWAY.md.");
    this.#deadline();
    this.#state = "answering";
    const head: RequestHead = { method: "GET", target: "/", headers: new Map(), bodyBytes: 0, takesChunks: true, keepsAlive: false };
    void this.#write(head, answer).then(() => this.#finish(), () => this.cut());
  }

  /** What was written still goes out. */
  #finish(): void {
    this.#over();
    this.#tcp.end();
    // A peer that never closes its side keeps the descriptor otherwise.
    this.#deadline = this.#timers.after(STALL_MS, () => this.#tcp.reset());
  }

  #over(): void {
    this.#deadline();
    if (this.#state === "over") return;
    this.#state = "over";
    this.#gone.abort();
    this.#pushed?.closed();
    this.#drained?.();
  }

  #waitFor(ms: number, run: () => void): void {
    this.#deadline();
    this.#deadline = this.#timers.after(ms, run);
  }
}
