import { connect as connectTcp, type Socket } from "node:net";

export interface Message {
  readonly path?: string;
  readonly seq?: number;
  // deno-lint-ignore no-explicit-any -- what a test reads out of it
  readonly event?: any;
  readonly lagged?: number;
  // deno-lint-ignore no-explicit-any -- as above
  readonly gap?: any;
  readonly error?: { readonly code: string; readonly message: string; readonly hint: string };
}

/** A program that listens: every message in order, over the runtime's own WebSocket. */
export class StreamClient {
  readonly messages: Message[] = [];
  readonly opened: Promise<void>;
  readonly closed: Promise<{ readonly code: number; readonly reason: string }>;
  readonly socket: WebSocket;

  constructor(url: string, protocols: string[] = []) {
    this.socket = new WebSocket(url.replace("http", "ws"), protocols);
    this.opened = new Promise((resolve, reject) => {
      this.socket.onopen = () => resolve();
      this.socket.onerror = () => reject(new Error(`no WebSocket at ${url}`));
    });
    this.opened.catch(() => {});
    this.closed = new Promise((resolve) => {
      this.socket.onclose = ({ code, reason }) => resolve({ code, reason });
    });
    this.socket.onmessage = ({ data }) => this.messages.push(JSON.parse(data));
  }

  static async open(url: string, paths: readonly string[] = []): Promise<StreamClient> {
    const client = new StreamClient(`${url}/v1/stream`);
    await client.opened;
    if (paths.length > 0) client.ask("subscribe", paths);
    return client;
  }

  ask(op: string, paths: readonly string[]): void {
    this.socket.send(JSON.stringify({ op, paths }));
  }

  async close(): Promise<void> {
    this.socket.close();
    await this.closed;
  }
}

/**
 * What every client must have seen of each path: a current value, then numbers that rise by one, each step of more told by `lagged` right
 * before it. Returns what contradicts it.
 */
export function discontinuities(messages: readonly Message[]): string[] {
  const at = new Map<string, number>();
  const found: string[] = [];
  for (const { path, seq, lagged, gap } of messages) {
    if (path === undefined || gap !== undefined) continue;
    const before = at.get(path);
    if (lagged !== undefined) {
      if (lagged < 1) found.push(`${path}: lagged ${lagged}`);
      if (before !== undefined) at.set(path, before + lagged);
    } else if (before !== undefined && seq !== before + 1) found.push(`${path}: ${before}, then ${seq}`);
    if (seq !== undefined) at.set(path, seq);
  }
  return found;
}

/** Bytes over plain TCP: whatever a program may send. Collects what comes back until the other side closes or `ms` are over. */
export function raw(port: number, bytes: string | Uint8Array, ms = 2_000): Promise<string> {
  return new Promise((resolve) => {
    let text = "";
    const socket = connectTcp({ host: "127.0.0.1", port });
    const timer = setTimeout(() => socket.destroy(), ms);
    socket.setEncoding("latin1");
    socket.on("connect", () => socket.write(bytes));
    socket.on("data", (chunk: string) => text += chunk);
    socket.on("error", () => {});
    socket.on("close", () => {
      clearTimeout(timer);
      resolve(text);
    });
  });
}

/** A client that subscribed and then reads nothing any more. */
export async function stoppedReader(port: number, paths: readonly string[]): Promise<Socket> {
  const socket = connectTcp({ host: "127.0.0.1", port });
  await new Promise<void>((resolve) => socket.on("connect", () => resolve()));
  socket.on("error", () => {});
  const query = paths.map((path) => `path=${encodeURIComponent(path)}`).join("&");
  socket.write(
    `GET /v1/stream?${query} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
      "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n",
  );
  await new Promise<void>((resolve) => socket.once("data", () => resolve()));
  socket.pause();
  return socket;
}

export async function eventually(holds: () => boolean, withinMs = 5_000): Promise<boolean> {
  const untilMs = performance.now() + withinMs;
  while (!holds() && performance.now() < untilMs) await new Promise((resolve) => setTimeout(resolve, 10));
  return holds();
}
