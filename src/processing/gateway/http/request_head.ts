/** What of HTTP/1.1 the gateway takes. Strict on purpose: whatever two parsers might read differently is refused. */
export interface RequestHead {
  readonly method: string;
  /** As sent: path and query, not decoded. */
  readonly target: string;
  /** Names in lower case. */
  readonly headers: ReadonlyMap<string, string>;
  readonly bodyBytes: number;
  /** HTTP/1.0 knows no chunks. */
  readonly takesChunks: boolean;
  readonly keepsAlive: boolean;
}

export const HEAD_BYTES_MAX = 8 * 1024;
export const BODY_BYTES_MAX = 64 * 1024;

/** The connection is answered with this status and ends. */
export class BadRequest extends Error {
  override readonly name = "BadRequest";
  readonly status: number;
  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

const REQUEST_LINE = /^(GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS) (\/[\x21-\x7e]*) HTTP\/1\.([01])$/;
const NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
// deno-lint-ignore no-control-regex -- control characters are exactly what is refused
const CONTROLS = /[\u0000-\u0008\u000a-\u001f\u007f]/;
/** Headers whose second value would mean something else to somebody. */
const ONCE = ["host", "content-length", "origin", "authorization", "content-type", "sec-websocket-key", "upgrade"];

/** Where the blank line behind the head begins; −1 while it has not come. */
export function endOfHead(bytes: Uint8Array): number {
  for (let at = bytes.indexOf(13); at >= 0 && at + 3 < bytes.length; at = bytes.indexOf(13, at + 1)) {
    if (bytes[at + 1] === 10 && bytes[at + 2] === 13 && bytes[at + 3] === 10) return at;
  }
  return -1;
}

/** Throws BadRequest for what is no request we take. */
export function parseHead(bytes: Uint8Array): RequestHead {
  const [first = "", ...lines] = new TextDecoder("latin1").decode(bytes).split("\r\n");
  const [, method, target, minor] = REQUEST_LINE.exec(first) ?? [];
  if (method === undefined || target === undefined) throw new BadRequest(400, "the request line is none");
  const headers = headersOf(lines);
  if (!headers.has("host")) throw new BadRequest(400, "the Host header is missing");
  if (headers.has("transfer-encoding")) throw new BadRequest(411, "say the body's length instead of sending it in chunks");
  const connection = headers.get("connection")?.toLowerCase() ?? "";
  return {
    method,
    target,
    headers,
    bodyBytes: bodyBytesOf(headers.get("content-length") ?? "0"),
    takesChunks: minor === "1",
    keepsAlive: minor === "1" && !connection.includes("close"),
  };
}

function headersOf(lines: readonly string[]): Map<string, string> {
  const headers = new Map<string, string>();
  for (const line of lines) {
    const at = line.indexOf(":");
    const name = line.slice(0, Math.max(0, at)).toLowerCase();
    const value = line.slice(at + 1).trim();
    if (!NAME.test(name) || CONTROLS.test(value)) throw new BadRequest(400, "a header line is none");
    const before = headers.get(name);
    if (before !== undefined && ONCE.includes(name)) throw new BadRequest(400, `the header ${name} comes twice`);
    headers.set(name, before === undefined ? value : `${before}, ${value}`);
  }
  return headers;
}

function bodyBytesOf(text: string): number {
  if (!/^\d{1,15}$/.test(text)) throw new BadRequest(400, "the header content-length is no number");
  const bytes = Number(text);
  if (bytes > BODY_BYTES_MAX) throw new BadRequest(413, `the body has ${bytes} bytes, ${BODY_BYTES_MAX} are taken`);
  return bytes;
}
