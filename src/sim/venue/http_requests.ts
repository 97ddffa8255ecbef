import { concatBytes } from "../../lib/bytes.ts";

/** HTTP/1.1 as far as a loopback venue needs it: requests in, whole answers out, connections kept alive. */
export interface HttpRequestHead {
  readonly method: string;
  readonly target: string;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
}

const HEAD_BYTES_MAX = 16 * 1024; // the longest target a venue takes is half of it
const BODY_BYTES_MAX = 64 * 1024; // no route takes a body; a client may send one

export class HttpError extends Error {
  readonly status: number;
  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/** Bytes in any pieces into requests. Bodies are read past. Throws HttpError for what is no request. */
export class HttpRequestParser {
  #bytes: Uint8Array = new Uint8Array(0);
  #bodyLeft = 0;

  /** `heard` returns false when what follows is no longer HTTP. */
  push(bytes: Uint8Array, heard: (head: HttpRequestHead) => boolean): void {
    this.#bytes = this.#bytes.length === 0 ? bytes : concatBytes([this.#bytes, bytes]);
    for (;;) {
      const skipped = Math.min(this.#bodyLeft, this.#bytes.length);
      this.#bytes = this.#bytes.subarray(skipped);
      this.#bodyLeft -= skipped;
      const end = this.#bodyLeft > 0 ? -1 : endOfHead(this.#bytes);
      if (end < 0) break;
      const head = parseHead(this.#bytes.subarray(0, end));
      this.#bytes = this.#bytes.subarray(end + 4);
      this.#bodyLeft = bodyLength(head);
      if (!heard(head)) return;
    }
    if (this.#bytes.length > HEAD_BYTES_MAX) throw new HttpError(431, "Request Header Fields Too Large");
  }

  /** The bytes after the last request. */
  rest(): Uint8Array {
    return this.#bytes;
  }
}

export function answerBytes(status: number, headers: Readonly<Record<string, string>>, body: string): Uint8Array {
  const content = new TextEncoder().encode(body);
  const lines = Object.entries({ ...headers, "content-length": String(content.length) }).map(([name, value]) => `${name}: ${value}\r\n`);
  const head = new TextEncoder().encode(`HTTP/1.1 ${status} ${REASONS.get(status) ?? "Status"}\r\n${lines.join("")}\r\n`);
  return concatBytes([head, content]);
}

export function switchingBytes(headers: Readonly<Record<string, string>>): Uint8Array {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  return new TextEncoder().encode(`HTTP/1.1 101 Switching Protocols\r\n${lines.join("")}\r\n`);
}

const REASONS: ReadonlyMap<number, string> = new Map([
  [200, "OK"],
  [400, "Bad Request"],
  [404, "Not Found"],
  [405, "Method Not Allowed"],
  [414, "URI Too Long"],
  [418, "I'm a teapot"],
  [429, "Too Many Requests"],
  [431, "Request Header Fields Too Large"],
  [500, "Internal Server Error"],
  [503, "Service Unavailable"],
  [504, "Gateway Timeout"],
]);

function endOfHead(bytes: Uint8Array): number {
  for (let i = 0; i + 3 < bytes.length; i++) {
    if (bytes[i] === 13 && bytes[i + 1] === 10 && bytes[i + 2] === 13 && bytes[i + 3] === 10) return i;
  }
  return -1;
}

function parseHead(bytes: Uint8Array): HttpRequestHead {
  const [first = "", ...lines] = new TextDecoder().decode(bytes).split("\r\n");
  const [, method, target] = /^([A-Z]+) (\/\S*) HTTP\/1\.1$/.exec(first) ?? [];
  if (method === undefined || target === undefined) throw new HttpError(400, "Bad Request");
  const headers: Record<string, string> = Object.create(null);
  for (const line of lines) {
    const at = line.indexOf(":");
    if (at <= 0) throw new HttpError(400, "Bad Request");
    headers[line.slice(0, at).toLowerCase()] = line.slice(at + 1).trim();
  }
  return { method, target, headers };
}

function bodyLength({ headers }: HttpRequestHead): number {
  if (headers["transfer-encoding"] !== undefined) throw new HttpError(400, "Bad Request");
  const text = headers["content-length"] ?? "0";
  const length = /^\d{1,9}$/.test(text) ? Number(text) : -1;
  if (length < 0 || length > BODY_BYTES_MAX) throw new HttpError(400, "Bad Request");
  return length;
}
