import { concatBytes } from "../../../lib/bytes.ts";

const ENCODER = new TextEncoder();
const CRLF = ENCODER.encode("\r\n");
export const LAST_CHUNK = ENCODER.encode("0\r\n\r\n");

const REASONS: Readonly<Record<number, string>> = {
  101: "Switching Protocols",
  200: "OK",
  204: "No Content",
  304: "Not Modified",
  400: "Bad Request",
  401: "Unauthorized",
  403: "Forbidden",
  404: "Not Found",
  405: "Method Not Allowed",
  408: "Request Timeout",
  409: "Conflict",
  411: "Length Required",
  413: "Content Too Large",
  415: "Unsupported Media Type",
  426: "Upgrade Required",
  429: "Too Many Requests",
  431: "Request Header Fields Too Large",
  500: "Internal Server Error",
  503: "Service Unavailable",
};

/** An answer of this status never has a body, and says no length. */
export function bodyless(status: number): boolean {
  return status < 200 || status === 204 || status === 304;
}

export function headBytes(status: number, headers: readonly (readonly [name: string, value: string])[]): Uint8Array {
  // A value never ends a line: it is ours or was read from one line.
  const lines = headers.map(([name, value]) => `${name}: ${value.replace(/[\r\n]/g, " ")}\r\n`).join("");
  return ENCODER.encode(`HTTP/1.1 ${status} ${REASONS[status] ?? "Status"}\r\n${lines}\r\n`);
}

export function chunkBytes(bytes: Uint8Array): Uint8Array {
  return concatBytes([ENCODER.encode(`${bytes.length.toString(16)}\r\n`), bytes, CRLF]);
}
