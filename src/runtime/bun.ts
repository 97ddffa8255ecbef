import { dlopen, type FFIFunction, FFIType, type Library } from "bun:ffi";
import process from "node:process";
import { bunCompression } from "./bun_compression.ts";
import type { DiskLock, Runtime } from "./runtime.ts";
import { exclusiveFile, lockFile } from "./file_lock.ts";
import type { OpenWire } from "./live_sockets.ts";
import { assemble, type RuntimeOptions } from "./node_shared.ts";
import type { SocketCalls } from "./unsent_limit.ts";

export function createRuntime(options: RuntimeOptions): Runtime {
  return assemble({ name: "bun", version: Bun.version, openWire, lock, compression: bunCompression, openSocketCalls }, options);
}

/** The refusal's text ends in the status; its headers are not shown. */
const REFUSED = /status code: (\d{3})$/;

/** Bun's WebSocket, with the extras it has over the standard. */
interface BunWebSocket extends WebSocket {
  ping(): void;
  terminate(): void;
  addEventListener(type: string, listener: (event: Event) => void): void;
}

const openWire: OpenWire = (url, { protocols }, events) => {
  const NativeWebSocket = WebSocket as unknown as new (url: string, options: object) => BunWebSocket;
  const socket = new NativeWebSocket(url, { perMessageDeflate: false, ...(protocols === undefined ? {} : { protocols: [...protocols] }) });
  socket.binaryType = "arraybuffer";
  socket.addEventListener("open", () => events.opened());
  socket.addEventListener("ping", () => events.heard());
  socket.addEventListener("pong", () => events.heard());
  socket.onmessage = ({ data }: MessageEvent<string | ArrayBuffer>) =>
    events.message(typeof data === "string" ? data : new Uint8Array(data));
  let wasOpen = false;
  socket.addEventListener("open", () => wasOpen = true);
  socket.addEventListener("error", (event) => {
    const detail = (event as ErrorEvent).message || "connection failed";
    const status = REFUSED.exec(detail)?.[1];
    events.ended({ cause: wasOpen ? "error" : "refused", detail, ...(status === undefined ? {} : { status: Number(status) }) });
  });
  socket.addEventListener("close", (event) => {
    const { code, reason } = event as CloseEvent;
    events.ended({ cause: wasOpen ? "ended" : "refused", code, detail: reason || `closed with ${code}` });
  });
  return {
    isOpen: () => socket.readyState === WebSocket.OPEN,
    send: (text) => void socket.send(text),
    ping: () => socket.ping(),
    terminate: () => socket.terminate(),
  };
};

const LOCK_EXCLUSIVE_NOW = 2 | 4; // LOCK_EX | LOCK_NB
const LIBRARIES: Readonly<Record<string, readonly string[]>> = {
  linux: ["libc.so.6", "libc.so"], // glibc, musl
  darwin: ["libSystem.B.dylib"],
};

function lock(path: string): DiskLock | undefined {
  const { i32 } = FFIType;
  const library = openLibrary({ flock: { args: [i32, i32], returns: i32 } });
  if (library === undefined) return exclusiveFile(path);
  return lockFile(path, (fd) => library.flock(fd, LOCK_EXCLUSIVE_NOW) === 0);
}

function openSocketCalls(): SocketCalls | undefined {
  if (process.platform !== "linux") return undefined;
  const { i32, ptr } = FFIType;
  return openLibrary({
    getsockname: { args: [i32, ptr, ptr], returns: i32 },
    getsockopt: { args: [i32, i32, i32, ptr, ptr], returns: i32 },
    setsockopt: { args: [i32, i32, i32, ptr, i32], returns: i32 },
  });
}

/** The C library, where there is one. */
function openLibrary<const T extends Record<string, FFIFunction>>(functions: T): Library<T>["symbols"] | undefined {
  let failure: unknown;
  for (const name of LIBRARIES[process.platform] ?? []) {
    try {
      return dlopen(name, functions).symbols;
    } catch (error) {
      failure = error;
    }
  }
  if (failure !== undefined) throw failure;
  return undefined;
}
