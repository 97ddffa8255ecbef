import { connect as connectTcp, type Socket } from "node:net";
import type { CheckedClient } from "./checked_client.ts";

export interface Connection {
  /** Resolves when it is over, whoever ended it. */
  readonly over: Promise<void>;
  leave(): void;
  /** Only a WebSocket can, once it is open. */
  canAsk(): boolean;
  ask(op: "subscribe" | "unsubscribe", paths: readonly string[]): void;
}

/** By the runtime's own WebSocket. */
export function webSocket(url: string, patterns: readonly string[], client: CheckedClient): Connection {
  const socket = new WebSocket(`${url.replace("http", "ws")}/v1/stream`);
  const ask = (op: string, paths: readonly string[]) => socket.send(JSON.stringify({ op, paths }));
  socket.onopen = () => {
    client.asks(patterns);
    ask("subscribe", patterns);
  };
  socket.onmessage = ({ data }) => client.hear(data as string);
  const over = new Promise<void>((resolve) => socket.onclose = () => resolve());
  return { over, leave: () => socket.close(), ask, canAsk: () => socket.readyState === WebSocket.OPEN };
}

/** By the runtime's own fetch. */
export function serverSentEvents(url: string, patterns: readonly string[], client: CheckedClient): Connection {
  const gone = new AbortController();
  const query = patterns.map((pattern) => `path=${encodeURIComponent(pattern)}`).join("&");
  client.asks(patterns);
  const read = async () => {
    const { body } = await fetch(`${url}/v1/stream?${query}`, { signal: gone.signal });
    const decoder = new TextDecoder();
    let text = "";
    for await (const bytes of body!) {
      const parts = (text + decoder.decode(bytes, { stream: true })).split("\n\n");
      text = parts.pop()!;
      for (const part of parts) if (part.startsWith("data: ")) client.hear(part.slice(6));
    }
  };
  return { over: read().catch(() => {}), leave: () => gone.abort(), canAsk: () => false, ask() {} };
}

/** Asks for everything and never reads. Comes again whenever it is thrown out. */
export function neverReads(url: string, kind: "websocket" | "sse", pattern: string): () => void {
  const { port, host } = new URL(url);
  let socket: Socket | undefined;
  let isOver = false;
  const open = () => {
    if (isOver) return;
    socket = connectTcp({ host: "127.0.0.1", port: Number(port) });
    socket.on("error", () => {});
    socket.on("close", () => setTimeout(open, 100));
    const upgrade =
      "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n";
    socket.write(
      `GET /v1/stream?path=${encodeURIComponent(pattern)} HTTP/1.1\r\nHost: ${host}\r\n${kind === "sse" ? "" : upgrade}\r\n`,
    );
    socket.pause();
  };
  open();
  return () => {
    isOver = true;
    socket?.destroy();
  };
}
