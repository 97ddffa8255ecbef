import WebSocket from "ws";
import type { DiskLock, Runtime } from "./runtime.ts";
import type { OpenWire } from "./live_sockets.ts";
import { assemble, type RuntimeOptions } from "./node_shared.ts";
import { nodeCompression } from "./node_compression.ts";
import { LOCK_FILE_MODE } from "./file_lock.ts";
import type { SocketCalls } from "./unsent_limit.ts";

/** The few names of Deno's own that the port needs. */
declare const Deno: {
  readonly version: { readonly deno: string };
  readonly build: { readonly os: string };
  dlopen(library: string, functions: Readonly<Record<string, DenoFunction>>): { readonly symbols: unknown };
  openSync(path: string, options: { read: boolean; write: boolean; create: boolean; mode: number }): DenoFile;
};

interface DenoFunction {
  readonly parameters: readonly ("i32" | "buffer")[];
  readonly result: "i32";
}

interface DenoFile {
  tryLockSync(exclusive: boolean): boolean;
  truncateSync(length: number): void;
  seekSync(offset: number, whence: number): void;
  writeSync(bytes: Uint8Array): number;
  close(): void;
}

export function createRuntime(options: RuntimeOptions): Runtime {
  return assemble({ name: "deno", version: Deno.version.deno, openWire, lock, compression: nodeCompression, openSocketCalls }, options);
}

/** The `ws` package: Deno's own WebSocket can neither ping nor be terminated, and one dead peer then leaks a descriptor for good. */
const openWire: OpenWire = (url, options, events) => {
  const socket = new WebSocket(url, [...options.protocols ?? []], {
    perMessageDeflate: false,
    maxPayload: options.frameBytesMax,
    handshakeTimeout: options.connectTimeoutMs * 2, // ours fires first; this one frees what ours could not
    skipUTF8Validation: false,
  });
  let wasOpen = false;
  socket.on("open", () => {
    wasOpen = true;
    events.opened();
  });
  socket.on("ping", () => events.heard());
  socket.on("pong", () => events.heard());
  socket.on("message", (data, isBinary) => {
    const bytes = data as Buffer; // the default binaryType, `nodebuffer`
    events.message(isBinary ? bytes : bytes.toString("utf8"));
  });
  socket.on("unexpected-response", (request, response) => {
    const status = response.statusCode ?? 0;
    const retryAfterMs = Number(response.headers["retry-after"]) * 1_000;
    request.destroy();
    events.ended({ cause: "refused", status, detail: `handshake refused with ${status}`, ...(retryAfterMs > 0 ? { retryAfterMs } : {}) });
  });
  socket.on("error", (error: Error & { code?: string }) => {
    const isTooBig = error.code === "WS_ERR_UNSUPPORTED_MESSAGE_LENGTH";
    events.ended({
      cause: isTooBig ? "too_big" : wasOpen ? "error" : "refused",
      detail: error.message || (error.code ?? "connection failed"),
    });
  });
  socket.on("close", (code, reason) => {
    events.ended({ cause: wasOpen ? "ended" : "refused", code, detail: reason.toString("utf8") || `closed with ${code}` });
  });
  return {
    isOpen: () => socket.readyState === WebSocket.OPEN,
    send: (text) => socket.send(text),
    ping: () => socket.ping(),
    terminate: () => socket.terminate(),
  };
};

function lock(path: string): DiskLock | undefined {
  const file = Deno.openSync(path, { read: true, write: true, create: true, mode: LOCK_FILE_MODE });
  if (!file.tryLockSync(true)) {
    file.close();
    return undefined;
  }
  let isHeld = true;
  return {
    describe(text) {
      file.truncateSync(0);
      file.seekSync(0, 0);
      file.writeSync(new TextEncoder().encode(text));
    },
    release() {
      if (isHeld) file.close();
      isHeld = false;
    },
  };
}

function openSocketCalls(): SocketCalls | undefined {
  if (Deno.build.os !== "linux") return undefined;
  const library = Deno.dlopen("libc.so.6", {
    getsockname: { parameters: ["i32", "buffer", "buffer"], result: "i32" },
    getsockopt: { parameters: ["i32", "i32", "i32", "buffer", "buffer"], result: "i32" },
    setsockopt: { parameters: ["i32", "i32", "i32", "buffer", "i32"], result: "i32" },
  });
  return library.symbols as SocketCalls;
}
