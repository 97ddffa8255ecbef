import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import * as fs from "node:fs";
import * as net from "node:net";
import * as os from "node:os";
import * as path from "node:path";
import process from "node:process";
import * as tls from "node:tls";
import { fileURLToPath } from "node:url";
import type { ConnectOptions, Socket, SocketClosed, Sockets } from "../../src/runtime/runtime.ts";
import { loadRuntime } from "../../src/runtime/load.ts";

export const isDeno = "Deno" in globalThis;
export const runtime = await loadRuntime(import.meta.url);

/** Deadlines of the contract suite; production's are seconds. */
export const FAST: ConnectOptions = { connectTimeoutMs: 300, pingEveryMs: 100, silentAfterMs: 300, frameBytesMax: 1 << 20 };
/** For tests that are not about deadlines. */
export const CALM: ConnectOptions = { connectTimeoutMs: 5_000, pingEveryMs: 5_000, silentAfterMs: 10_000, frameBytesMax: 1 << 20 };

// ── a peer that speaks raw bytes ─────────────────────────────────────────────────────────────────────────────────────────

export type PeerSocket = net.Socket | tls.TLSSocket;
export interface Upgrade {
  readonly socket: PeerSocket;
  readonly path: string;
  readonly head: string;
  /** The 101 that accepts this request. */
  readonly accept: Buffer;
}

/** Runs `test` against a server that gives every complete request head to `script` and does nothing else. */
export async function withPeer(
  script: (upgrade: Upgrade) => void,
  test: (url: string) => Promise<void>,
  secure?: tls.TlsOptions,
): Promise<void> {
  const open = new Set<PeerSocket>();
  const serve = (socket: PeerSocket) => {
    open.add(socket);
    socket.once("close", () => open.delete(socket));
    socket.on("error", () => {});
    let head = "";
    const gather = (bytes: Buffer) => {
      head += bytes.toString("latin1");
      if (!head.includes("\r\n\r\n")) return;
      socket.off("data", gather);
      socket.resume();
      const key = /sec-websocket-key: *(\S+)/i.exec(head)?.[1] ?? "";
      script({ socket, head, path: head.split(" ")[1] ?? "", accept: acceptance(key) });
    };
    socket.on("data", gather);
  };
  const server = secure === undefined ? net.createServer(serve) : tls.createServer(secure, serve);
  server.on("tlsClientError", () => {});
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as net.AddressInfo;
  try {
    await test(`${secure === undefined ? "ws" : "wss"}://127.0.0.1:${port}/`);
  } finally {
    for (const socket of open) socket.destroy();
    await new Promise<void>((resolve) => server.close(() => resolve()));
  }
}

function acceptance(key: string, extra = ""): Buffer {
  const accept = createHash("sha1").update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest("base64");
  return Buffer.from(
    `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n${extra}\r\n`,
  );
}

export const TEXT = 1, BINARY = 2, CLOSE = 8, PING = 9, PONG = 10;

export function frame(opcode: number, payload: string | Uint8Array, options: { fin?: boolean; masked?: boolean } = {}): Buffer {
  const body = typeof payload === "string" ? Buffer.from(payload) : Buffer.from(payload);
  const first = (options.fin === false ? 0 : 0x80) | opcode;
  const mask = options.masked === true ? 0x80 : 0;
  const length = body.length < 126
    ? Buffer.from([first, mask | body.length])
    : body.length < 65_536
    ? Buffer.from([first, mask | 126, body.length >> 8, body.length & 255])
    : Buffer.concat([Buffer.from([first, mask | 127, 0, 0, 0, 0]), uint32(body.length)]);
  return Buffer.concat([length, ...(mask === 0 ? [] : [Buffer.alloc(4)]), body]);
}

export function closeFrame(code: number): Buffer {
  return frame(CLOSE, Buffer.from([code >> 8, code & 255]));
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

/** Calls `heard` with opcode and unmasked payload of each frame a client sends (payloads under 64 KiB). */
export function onClientFrame(socket: PeerSocket, heard: (opcode: number, payload: Buffer) => void): void {
  let bytes = Buffer.alloc(0);
  socket.on("data", (chunk: Buffer) => {
    bytes = Buffer.concat([bytes, chunk]);
    for (;;) {
      if (bytes.length < 2) return;
      const short = bytes[1]! & 127;
      const at = short === 126 ? 8 : 6;
      if (bytes.length < at) return;
      const length = short === 126 ? bytes.readUInt16BE(2) : short;
      if (bytes.length < at + length) return;
      const payload = Buffer.from(bytes.subarray(at, at + length).map((byte, i) => byte ^ bytes[at - 4 + (i & 3)]!));
      heard(bytes[0]! & 15, payload);
      bytes = bytes.subarray(at + length);
    }
  });
}

// ── a client that notes everything ───────────────────────────────────────────────────────────────────────────────────────

export interface Client {
  readonly socket: Socket;
  readonly frames: string[];
  readonly opened: Promise<void>;
  readonly closed: Promise<SocketClosed>;
  /** Everything told, in order: `opened`, a frame's text, `closed`. */
  readonly log: string[];
  elapsedMs(): number;
}

export function connect(
  url: string,
  options: ConnectOptions = FAST,
  onFrame?: (text: string) => void,
  sockets: Sockets = runtime.sockets,
): Client {
  const beganMs = runtime.clock.monotonicMs();
  let endedMs = 0;
  const frames: string[] = [];
  const log: string[] = [];
  let open!: () => void;
  let close!: (closing: SocketClosed) => void;
  const opened = new Promise<void>((resolve) => open = resolve);
  const closed = new Promise<SocketClosed>((resolve) => close = resolve);
  const socket = sockets.connect(url, options, {
    opened() {
      log.push("opened");
      open();
    },
    frame(text) {
      if (onFrame !== undefined) return onFrame(text);
      log.push(text);
      frames.push(text);
    },
    closed(closing) {
      log.push("closed");
      endedMs = runtime.clock.monotonicMs() - beganMs;
      close(closing);
    },
  });
  return { socket, frames, opened, closed, log, elapsedMs: () => endedMs };
}

export function closedCount(client: Client): number {
  return client.log.filter((entry) => entry === "closed").length;
}

// ── the machine ──────────────────────────────────────────────────────────────────────────────────────────────────────────

export function wait(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

export async function eventually(holds: () => boolean, withinMs = 3_000): Promise<boolean> {
  const untilMs = performance.now() + withinMs;
  while (!holds() && performance.now() < untilMs) await wait(10);
  return holds();
}

export function blockLoop(ms: number): void {
  const untilMs = performance.now() + ms;
  while (performance.now() < untilMs);
}

export const hasProc = fs.existsSync("/proc/self/fd");

export function socketCount(): number {
  return fs.readdirSync("/proc/self/fd").filter((fd) => linkOf(fd).startsWith("socket:")).length;
}

function linkOf(fd: string): string {
  try {
    return fs.readlinkSync(`/proc/self/fd/${fd}`);
  } catch {
    return ""; // closed since it was listed
  }
}

export function temporaryFolder(): string {
  return fs.mkdtempSync(path.join(os.tmpdir(), "argus-runtime-"));
}

/** Prints why a line of the contract is not shown here. */
export function skipped(id: string, reason: string): void {
  console.log(`${id} skipped: ${reason}`);
}

// ── programs ─────────────────────────────────────────────────────────────────────────────────────────────────────────────

export interface Outcome {
  readonly code: number | null;
  readonly signal: string | null;
  readonly out: Buffer;
  readonly err: string;
  readonly elapsedMs: number;
}

export function programCommand(name: string, args: readonly string[] = []): string[] {
  const file = fileURLToPath(new URL(`./programs/${name}.ts`, import.meta.url));
  return [process.execPath, ...(isDeno ? ["run", "-A", "--no-check"] : []), file, ...args];
}

export function spawnCommand(command: readonly string[], env: Record<string, string> = {}) {
  return spawn(command[0]!, command.slice(1), { env: { ...process.env, ...env }, cwd: fileURLToPath(new URL("../..", import.meta.url)) });
}

export async function run(
  command: readonly string[],
  env: Record<string, string> = {},
  during?: (child: ReturnType<typeof spawnCommand>) => void,
): Promise<Outcome> {
  const beganMs = performance.now();
  const child = spawnCommand(command, env);
  const out: Buffer[] = [];
  let err = "";
  child.stdout.on("data", (chunk: Buffer) => out.push(chunk));
  child.stderr.on("data", (chunk: Buffer) => err += chunk.toString());
  during?.(child);
  return await new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code, signal) => resolve({ code, signal, out: Buffer.concat(out), err, elapsedMs: performance.now() - beganMs }));
  });
}

export function hasCommand(name: string): boolean {
  return (process.env["PATH"] ?? "").split(path.delimiter).some((folder) => fs.existsSync(path.join(folder, name)));
}
